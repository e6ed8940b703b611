"""The careers of data_lake/raw/sample: the first made-up people of seed 1."""

import json

from hr_pipeline.sources.made_up_careers import made_up_careers

PEOPLE = 360


def careers_text() -> str:
    """JSON Lines in the documented shape."""
    lines = (json.dumps(person, separators=(",", ":")) for person in made_up_careers(PEOPLE, 1))
    return "".join(f"{line}\n" for line in lines)
