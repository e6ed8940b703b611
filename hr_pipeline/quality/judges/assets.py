"""Assets of quality: judges."""
