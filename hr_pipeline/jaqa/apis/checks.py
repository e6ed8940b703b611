"""Checks of the APIs of skills."""
