"""The catalog as texts to compare skills with."""

import re
from dataclasses import dataclass

import pyarrow as pa

from hr_pipeline.lake.errors import InputError

_HEAD = re.compile(r"^(?:github\.com/|(?:com|io|net|org)\.(?=.*[.:]))")
_LEAST_USED = 1 << 31


@dataclass(frozen=True)
class Api:
    """A name with all ecosystems that have it; `package` where another name brings it."""

    name: str
    ecosystems: tuple[str, ...]
    package: str = ""

    @property
    def text(self) -> str:
        """What skills are compared with: the name without its first part where that says nothing
        ("org.", "github.com/"), and the package ("cv2" is found as "opencv-python" too)."""
        name = _HEAD.sub("", self.name)
        return name if self.package in ("", self.name) else f"{name} {self.package}"


def catalog_of(table: pa.Table, ecosystems: list[str]) -> list[Api]:
    """The APIs of these ecosystems (none named: all), the most used first, each name once.

    `table` as sources/apis. InputError where nothing is left.
    """
    if not table.num_rows:
        raise InputError(
            "the catalog of software APIs is empty",
            "sources/apis",
            "put a list of APIs into the raw folder, e.g. top-pypi-packages.csv (docs/jaqa.md)",
        )
    there = set(table.column("ecosystem").to_pylist())
    if strange := sorted(set(ecosystems) - there):
        raise InputError(
            f"the catalog has no ecosystem {', '.join(strange)}",
            "jaqa/skill_apis.ecosystems",
            f"it has {', '.join(sorted(there))}",
        )
    wanted = set(ecosystems) or there
    rows = [row for row in table.to_pylist() if row["ecosystem"] in wanted]
    rows.sort(key=lambda row: (row["popularity"] or _LEAST_USED, row["api"], row["ecosystem"]))
    named: dict[str, Api] = {}
    for row in rows:
        held = named.get(row["api"], Api(row["api"], (), row["package"] or ""))
        package = held.package or row["package"] or ""
        named[row["api"]] = Api(held.name, (*held.ecosystems, row["ecosystem"]), package)
    return list(named.values())
