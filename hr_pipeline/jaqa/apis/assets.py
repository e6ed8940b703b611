"""Skills as software APIs: the nearest, and the teacher's choice."""
