"""Every page but the sign-in pages; the browser's session."""
