"""Assets of quality: report."""
