"""What every Afterglow service needs, and no business noun."""
