"""Assets of quality: shortcuts."""
