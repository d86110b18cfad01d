"""Commands that run after the upload, and how they stand (protocol.md 9.1 to 9.3)."""
