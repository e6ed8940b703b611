"""The occupations of ESCO with all labels, as titles are compared with them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hr_pipeline.lake.errors import InputError


@dataclass(frozen=True)
class Occupations:
    """Sorted by uri. Labels stand one occupation after the other, those of occupation i from
    `starts[i]` on, its preferred one first."""

    uris: list[str]
    shown: list[str]  # preferred label of each
    descriptions: list[str]  # "" where there is none
    groups: list[str]  # ISCO-08 unit group, "" where there is none
    labels: list[str]
    starts: np.ndarray  # (occupations,) int64

    def __len__(self) -> int:
        return len(self.uris)

    def labels_of(self, place: int) -> slice:
        """Where the labels of an occupation stand."""
        ends = [*self.starts[place + 1 : place + 2].tolist(), len(self.labels)]
        return slice(int(self.starts[place]), ends[0])

    @property
    def owner(self) -> np.ndarray:
        """The occupation of each label."""
        return np.repeat(np.arange(len(self)), np.diff([*self.starts, len(self.labels)]))


def occupations_of(table: pa.Table) -> Occupations:
    """The rows of sources/esco_occupations. InputError where there is none."""
    if not table.num_rows:
        raise InputError(
            "there are no ESCO occupations, so no title can be told as one",
            "sources/esco_occupations",
            "put ESCO's occupations file (occupations_en.csv) into the folder of raw files",
        )
    rows = sorted(table.to_pylist(), key=lambda row: row["uri"])
    labels = [[row["label"], *row["alt_labels"]] for row in rows]
    return Occupations(
        uris=[row["uri"] for row in rows],
        shown=[row["label"] for row in rows],
        descriptions=[row["description"] or "" for row in rows],
        groups=[row["isco_group"] for row in rows],
        labels=[label for own in labels for label in own],
        starts=np.cumsum([0, *map(len, labels[:-1])]),
    )
