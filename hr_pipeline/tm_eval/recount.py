"""The stored items, counted again: by their check, and before a training that is measured on
them."""

from collections import Counter

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.store import Lake
from hr_pipeline.tm_eval.careers import Person
from hr_pipeline.tm_eval.items import faults_in_items


def item_faults(lake: Lake, build: Build) -> Counter[str]:
    """Items against the careers that they were made from."""
    careers = lake.rows("sources/careers", build.recipe.inputs["sources/careers"])
    return faults_in_items(lake.rows("tm_eval/items", build.version), map(Person.of, careers))
