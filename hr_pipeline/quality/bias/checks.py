"""Checks of quality: bias."""
