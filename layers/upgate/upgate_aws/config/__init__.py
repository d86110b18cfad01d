"""What each function finds in its environment; a module a function, so that none pays for all."""
