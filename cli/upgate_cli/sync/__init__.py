"""Keeps a tree of files and a bucket alike: what to send, and what was sent before."""
