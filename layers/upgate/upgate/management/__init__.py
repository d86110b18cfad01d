"""Kodo's calls on objects that are there: stat, list, delete, copy and so on (protocol.md 12)."""
