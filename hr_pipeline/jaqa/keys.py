"""What makes two spellings one skill, or one job title."""

from functools import lru_cache

from hr_pipeline.text.phrases import tokens


@lru_cache(maxsize=1 << 17)
def skill_key(skill: str) -> str:
    """Equal for spellings with the same normalised tokens ("unit tests" and "Unit Test"); a name
    without letters and digits is its own."""
    return " ".join(tokens(skill)) or " ".join(skill.casefold().split())


def title_key(title: str) -> str:
    """Equal for titles that differ in case and spaces alone."""
    return " ".join(title.casefold().split())
