"""Installing: secrets, databases and OAuth clients, the same for the demonstration and for containers."""
