"""What is owed to the business server, written down, and delivered until it is accepted."""
