"""Skills of postings: as their release gives them, else found in the description."""
