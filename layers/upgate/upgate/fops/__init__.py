"""The grammar of processing commands, and the results they have (protocol.md 9)."""
