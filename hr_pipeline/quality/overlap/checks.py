"""Checks of quality: overlap."""
