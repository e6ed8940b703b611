"""Checks of quality: report."""
