"""Checks of the items and of the answers."""
