"""What messages refer to by its address here."""
