"""Uploads in blocks or parts, and the object that is made of them (protocol.md 3, 4)."""
