"""Assets of quality: integrity."""
