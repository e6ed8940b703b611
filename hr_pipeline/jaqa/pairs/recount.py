"""The stored pairs, counted again: by their checks, and before a training."""

from collections import Counter

from hr_pipeline.jaqa.pairs.assemble import faults_in_pairs
from hr_pipeline.jaqa.pairs.splits import near_across_splits
from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.store import Lake

DESCRIPTIONS = ["pair_id", "split", "job_description"]


def answer_faults(lake: Lake, build: Build) -> Counter[str]:
    """Answers against the APIs that were chosen for the skills."""
    choices = lake.rows("jaqa/skill_apis", build.recipe.inputs["jaqa/skill_apis"])
    return faults_in_pairs(lake.rows("jaqa/pairs", build.version), choices)


def near_duplicates(lake: Lake, build: Build) -> list[tuple[str, str]]:
    """Pairs of ids whose descriptions are near-duplicates in different splits."""
    rows = lake.rows("jaqa/pairs", build.version, DESCRIPTIONS)
    return near_across_splits((r["pair_id"], r["split"], r["job_description"]) for r in rows)
