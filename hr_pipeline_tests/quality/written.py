"""Small triples written by rule: what each resume lacks is known."""

from collections.abc import Mapping
from typing import Any

import numpy as np

SKILLS = (
    *("welding", "baking", "sewing", "glazing", "plumbing", "roofing", "tiling", "paving"),
    *("drilling", "milling", "casting", "forging", "weaving", "dyeing", "carving", "turning"),
)


def resume(skills: tuple[str, ...], end: int = 2022) -> str:
    listed = "\n".join(f"- {skill}" for skill in skills)
    return f"## Skills\n{listed}\n\n## Experience\n- Maker (2019 - {end})"


def triple(number: int, split: str) -> dict[str, Any]:
    """Three skills asked for; one is removed, or swapped for another of equal length in words."""
    *asked, stranger = np.random.default_rng(number).choice(SKILLS, 4, replace=False)
    kept = tuple(asked[:2])
    return {
        "triple_id": f"{split}-{number:04}",
        "split": split,
        "job_description": f"## Required Skills\nWe look for {', '.join(asked)} in our shop",
        "resume_matched": resume((*kept, asked[2])),
        "resume_unmatched": resume(kept, 2020),
        "resume_swapped": resume((*kept, stranger), 2020),
    }


def triples(sizes: Mapping[str, int]) -> list[dict[str, Any]]:
    """So many of each split."""
    places = [(split, n) for split, size in sizes.items() for n in range(size)]
    return [triple(number, split) for number, (split, _) in enumerate(places)]
