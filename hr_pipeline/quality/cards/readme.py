"""The dataset card: front matter that hubs read, and what people should know first."""

from dataclasses import dataclass
from typing import Any

from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.quality.cards import words
from hr_pipeline.quality.cards.facts import Facts
from hr_pipeline.quality.cards.wanted import Row

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True)
class Publisher:
    """What no run can know: who publishes, where, and whom to ask; "" where not told."""

    creator: str = ""
    url: str = ""
    contact: str = ""


def readme(facts: Facts, publisher: Publisher) -> str:
    """README.md: YAML front matter and body."""
    import yaml

    head = yaml.safe_dump(front_matter(facts), sort_keys=False, allow_unicode=True)
    body = words.page(
        "readme.md.j2",
        {
            "facts": facts,
            "name": words.title(facts),
            "headings": words.HEADINGS,
            "has_dice": words.has_dice(facts),
            "attributions": words.attributions(facts),
            "teacher_terms": words.teacher_terms(facts),
            "rebuild": words.rebuild_command(facts),
            "citation": words.CITATION,
            "evidence": words.evidence(facts),
            "creator": publisher.creator,
            "url": publisher.url,
            "contact": publisher.contact,
            "describe": words.describe,
            "count": words.count,
            "paid": words.paid,
            "terms": words.terms,
        },
        {"plain": words.plain, "table": table},
    )
    return f"---\n{head}---\n\n{body}"


def front_matter(facts: Facts) -> dict[str, Any]:
    """What hubs and `datasets` read: licence, sizes, and which files make which split."""
    licence = facts.licence.value
    named = {"license_name": "not-settled"} if licence.hub == "other" else {}
    marks = ["not-a-benchmark"] if facts.notice.value else ["benchmark"]
    return {
        "license": licence.hub,
        **named,
        "language": ["en"],
        "pretty_name": words.title(facts),
        "task_categories": ["text-classification", "text-generation", "text-ranking"],
        "size_categories": [size_category(facts.rows)],
        "tags": ["synthetic", "human-resources", "resumes", "job-descriptions", *marks],
        "configs": [
            {
                "config_name": config.name,
                "data_files": [
                    {"split": split, "path": file_pattern(config.name, split, facts.notice.value)}
                    for split in config.rows
                ],
            }
            for config in facts.configs.value
        ],
    }


def file_pattern(config: str, split: str, notice: str) -> str:
    """The files of a split, from the release's folder; the template teacher's are marked."""
    return f"data/{config}/{file_stem(split, notice)}-*.parquet"


def file_stem(split: str, notice: str) -> str:
    return f"{TEMPLATE}-{split}" if notice else split


def size_category(rows: int) -> str:
    return next((name for most, name in _SIZES if rows < most), "1M<n<10M")


def table(rows: list[Row]) -> str:
    """Rows as a Markdown table."""
    import pyarrow as pa

    from hr_pipeline.lake.shown import markdown_table

    return markdown_table(pa.Table.from_pylist(rows))
