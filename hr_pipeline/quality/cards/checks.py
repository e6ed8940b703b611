"""Checks of quality: cards."""
