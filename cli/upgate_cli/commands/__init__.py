"""The commands, one module each: options, what is printed, and the exit status."""
