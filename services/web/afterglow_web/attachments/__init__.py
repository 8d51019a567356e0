"""Files of messages: sent in parts, shown under their message, taken as downloads."""
