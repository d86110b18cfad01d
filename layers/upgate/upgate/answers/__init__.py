"""What every answer of the gateway has: status, headers, request id, timings (protocol.md 2.6)."""
