"""Takes an upload token apart, on this machine alone: nothing is sent anywhere."""
