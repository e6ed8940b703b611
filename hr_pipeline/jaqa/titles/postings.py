"""What titles need of the postings, read column by column."""

from collections.abc import Collection, Iterator

import pyarrow.compute as pc

from hr_pipeline.lake.picked import rows_among
from hr_pipeline.lake.store import Lake

POSTINGS, SKILLS = "sources/linkedin_postings", "jaqa/posting_skills"


def with_skills(lake: Lake, postings: str, skills: str) -> Iterator[tuple[str, str]]:
    """(posting id, title) of the postings that have a skill, by the versions of both datasets."""
    having: set[str] = set()
    for batch in lake.batches(SKILLS, skills, ["posting_id", "skills"]):
        some = pc.greater(pc.list_value_length(batch["skills"]), 0)
        having.update(batch["posting_id"].filter(some).to_pylist())
    for row in lake.rows(POSTINGS, postings, ["posting_id", "title"]):
        if row["posting_id"] in having:
            yield row["posting_id"], row["title"]


def described(lake: Lake, postings: str, ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """(posting id, description) of these postings, where they have one."""
    batches = lake.batches(POSTINGS, postings, ["posting_id", "description"])
    for row in rows_among(batches, "posting_id", ids):
        if row["description"]:
            yield row["posting_id"], row["description"]
