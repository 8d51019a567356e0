"""What is asked every few months while doses go on: recorded at the desk, read there and under My path."""
