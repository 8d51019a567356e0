"""What is asked every few months while doses go on: bladder, craving, memory, blood pressure (DOMAIN §6)."""
