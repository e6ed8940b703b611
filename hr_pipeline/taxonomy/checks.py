"""Checks of the links."""
