"""Checks of the skills of postings."""
