"""`upgate listen`: callbacks of a deployed stack, answered by a server on this machine."""
