"""The three cards of a release as rows of quality/cards."""

import json
from collections.abc import Iterator

from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.cards.croissant import Published, croissant
from hr_pipeline.quality.cards.datasheet import datasheet
from hr_pipeline.quality.cards.facts import Config, Facts
from hr_pipeline.quality.cards.readme import Publisher, readme

README, DATASHEET, CROISSANT = "README.md", "DATASHEET.md", "croissant.json"


def cards(lake: Lake, facts: Facts, publisher: Publisher) -> list[dict[str, str]]:
    """name, media_type, content. The Croissant file describes the parts in the lake, by their paths
    from its root; an export describes its own files."""
    parts = (part for config in facts.configs.value for part in _parts(lake, config))
    described = croissant(facts, publisher, parts)
    texts = (
        (README, "text/markdown", readme(facts, publisher)),
        (DATASHEET, "text/markdown", datasheet(facts, publisher)),
        (CROISSANT, "application/ld+json", as_json(described)),
    )
    return [dict(zip(("name", "media_type", "content"), text, strict=True)) for text in texts]


def as_json(described: dict[str, object]) -> str:
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def _parts(lake: Lake, config: Config) -> Iterator[Published]:
    folder = f"{config.dataset}/{config.build.version}"
    for part in lake.snapshot(config.dataset, config.build.version)["parts"]:
        path = f"{folder}/{part['name']}"
        yield Published(config.name, path, part["sha256"], part["bytes"])
