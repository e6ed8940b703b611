"""Checks of quality: judges."""
