"""A sample business server: issues upload tokens, takes callbacks (README.md beside this)."""
