"""A party takes a conversation out: from then on nothing protects it."""
