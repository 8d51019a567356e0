"""Messages that go out later: written and listed in their conversation, changed and taken back until then."""
