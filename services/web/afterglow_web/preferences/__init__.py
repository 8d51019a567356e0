"""Touch and support: the client's pages under My path, and what whoever treats them sees of it."""
