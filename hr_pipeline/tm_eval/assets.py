"""TM-Eval: items, what rules make of them, and what a model answers."""
