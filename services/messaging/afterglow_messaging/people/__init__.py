"""Local copies of people and of who treats whom; auth is their source."""
