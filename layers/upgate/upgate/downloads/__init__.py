"""Objects and results on their way to the client (protocol.md 9.4 to 9.8)."""
