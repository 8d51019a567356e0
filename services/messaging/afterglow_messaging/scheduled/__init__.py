"""Messages that go out later: sealed, their sender's alone until then, and sent once (decision 0064)."""
