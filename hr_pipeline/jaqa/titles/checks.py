"""Checks of the titles."""
