"""Assets of quality: bias."""
