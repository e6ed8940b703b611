"""Careers for tests: three trades with their own ladders and APIs, so that the past tells what
comes next, and how common a title or an API is does not."""

from collections.abc import Iterator
from typing import Any

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.rng import rng
from hr_pipeline.lake.store import Lake

LADDERS = (
    ("junior developer", "developer", "senior developer", "lead developer", "architect"),
    ("data analyst", "senior data analyst", "data scientist", "lead data scientist"),
    ("system administrator", "devops engineer", "site reliability engineer", "platform lead"),
)
APIS = (
    ("os", "re", "django.db", "flask", "requests", "sqlalchemy.orm", "celery", "jinja2"),
    ("numpy", "pandas", "sklearn.svm", "matplotlib.pyplot", "scipy.stats", "torch.nn", "os"),
    ("boto3", "paramiko", "kubernetes.client", "subprocess", "os", "yaml", "fabric", "socket"),
)
NOTICE = "careers of a test"


def career_rows(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Rows of sources/careers; every second person tells years, some have too little to ask of."""
    for number in range(count):
        draw = rng(seed, "test careers", number)
        trade, first = int(draw.integers(3)), int(draw.integers(2))
        titles = LADDERS[trade][first : first + int(draw.integers(1, 5))]
        projects = [
            sorted(draw.choice(APIS[trade], int(draw.integers(2, 6)), replace=False).tolist())
            for _ in range(int(draw.integers(0, 6)))
        ]
        told = number % 2 == 0
        yield {
            "person_id": f"careers-{number:04d}",
            "titles": list(titles),
            "title_years": years(draw, len(titles)) if told else [],
            "projects": projects,
            "project_years": years(draw, len(projects)) if told else [],
            "source": "test",
        }


def years(draw: Any, count: int) -> list[int]:
    return sorted(draw.integers(2004, 2024, count).tolist())


def write_careers(lake: Lake, count: int = 300) -> None:
    """As if the asset had made them."""
    table = CONTRACTS["sources/careers"].table(list(career_rows(count)))
    lake.write("sources/careers", [table], Recipe(code_version="test"), notice=NOTICE)
