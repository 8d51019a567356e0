"""The dose curve: how a client noted things around the doses of a course (DOMAIN §3, decision 0039)."""
