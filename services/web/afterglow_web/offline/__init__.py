"""What stays with the browser: how it is installed, what opens without a network, and what it could not send yet."""
