"""Checks of the pairs."""
