"""What `sam build` makes, and the runtime that Lambda runs it with."""
