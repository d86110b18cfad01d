"""The rules of the Kodo upload protocol, free of AWS events, environment variables and handlers."""
