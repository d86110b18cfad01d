"""An upload token: its signature, its policy, and what it allows (protocol.md 1, 7.1)."""
