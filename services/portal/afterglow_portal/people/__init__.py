"""Local copies of who is who and who treats whom; auth owns the facts."""
