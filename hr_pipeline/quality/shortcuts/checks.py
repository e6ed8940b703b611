"""Checks of quality: shortcuts."""
