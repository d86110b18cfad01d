"""An upload, in order (DESIGN): from a grant to an answer."""
