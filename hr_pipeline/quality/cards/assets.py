"""Assets of quality: cards."""
