"""Checks of quality: integrity."""
