"""What the business server is asked, and what becomes of its answer (protocol.md 7)."""
