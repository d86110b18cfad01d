"""What was uploaded: its bytes, their hash, size and media type (protocol.md 1.2, 5)."""
