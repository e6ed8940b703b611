"""Job titles as ESCO occupations: the nearest, and the teacher's choice."""
