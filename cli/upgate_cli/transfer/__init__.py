"""Sends one file: as a form or in parts, resumed after a kill, checked against its own hash."""
