"""Checks of the task sets."""
