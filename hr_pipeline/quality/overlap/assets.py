"""Assets of quality: overlap."""
