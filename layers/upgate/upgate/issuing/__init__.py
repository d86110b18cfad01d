"""Tokens for app clients, made from what an operator wrote down (DESIGN "Who may get a token")."""
