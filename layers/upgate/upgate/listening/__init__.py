"""Callbacks of a development stack brought to a developer's machine (`upgate listen`)."""
