"""Why a record was opened in an emergency, in words: without them it stays closed."""
