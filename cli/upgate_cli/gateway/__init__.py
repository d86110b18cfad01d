"""The command line's side of the wire: requests, retries, tokens, and what a refusal means."""
