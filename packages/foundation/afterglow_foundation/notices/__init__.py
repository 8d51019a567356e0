"""Letters without content: a service says what is due, auth delivers it, and neither does so twice (decision 0037)."""
