"""Reading a request: a form, a path or a JSON body becomes an upload request (protocol.md 2-4)."""
