"""Links of the graph's entities to outside taxonomies."""
