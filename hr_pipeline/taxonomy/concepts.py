"""The concepts of one taxonomy with all their labels, normalised and indexed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hr_pipeline.text.phrases import tokens
from hr_pipeline.text.titles import job_words


@dataclass(frozen=True)
class Name:
    """A label or a query as it is compared: `form` all its tokens, `text` the words that count,
    `core` what two spellings of one thing share."""

    form: str
    text: str
    core: str


def form_of(text: str) -> str:
    return " ".join(tokens(text))


def bare(label: str) -> str:
    """A label without the abbreviation in brackets that O*NET ends many with."""
    return label.split(" (")[0] if label.endswith(")") else label


def name_of(text: str, kind: str) -> Name:
    """Titles lose brackets, place, client and seniority in `text`; the core of a skill is its
    letters in one run ("share point" is "SharePoint")."""
    form = form_of(text)
    if kind == "skill":
        return Name(form, form, form.replace(" ", ""))
    words = job_words(text)
    return Name(form, " ".join(words), " ".join(sorted(set(words))))


@dataclass(frozen=True)
class Concepts:
    """`labels[i]` belongs to concept `owner[i]`; concepts are sorted by their uri."""

    scheme: str
    kind: str
    release: str
    uris: list[str]
    shown: list[str]  # preferred label of each concept
    labels: list[str]  # as written
    owner: np.ndarray
    preferred: np.ndarray

    def __len__(self) -> int:
        return len(self.uris)

    @cached_property
    def names(self) -> list[Name]:
        return [name_of(bare(label), self.kind) for label in self.labels]

    @cached_property
    def by_form(self) -> dict[str, frozenset[int]]:
        """Concepts by the form of any label."""
        return _owners([name.form for name in self.names], self.owner)

    @cached_property
    def by_core(self) -> dict[str, frozenset[int]]:
        return _owners([name.core for name in self.names], self.owner)

    @cached_property
    def by_main_form(self) -> dict[str, int]:
        """The concept whose preferred label it is; the first by uri where two share one."""
        found: dict[str, int] = {}
        for position in np.flatnonzero(self.preferred).tolist():
            found.setdefault(self.names[position].form, int(self.owner[position]))
        return found

    def without(self, left_out: np.ndarray) -> "Concepts":
        """The same concepts with the labels where `left_out` is true taken away."""
        kept = np.flatnonzero(~left_out)
        labels = [self.labels[i] for i in kept]
        return Concepts(
            *(self.scheme, self.kind, self.release, self.uris, self.shown),
            *(labels, self.owner[kept], self.preferred[kept]),
        )


def concepts_of(table: pa.Table, scheme: str, kind: str) -> Concepts | None:
    """The concepts of a scheme in sources/concepts; None where its file was not there."""
    chosen = table.filter(
        pc.and_(pc.equal(table.column("scheme"), scheme), pc.equal(table.column("kind"), kind))
    )
    if not chosen.num_rows:
        return None
    uri, labels = chosen.column("uri").to_pylist(), chosen.column("label").to_pylist()
    preferred = np.array(chosen.column("preferred").to_pylist(), dtype=bool)
    releases = sorted(set(chosen.column("release").to_pylist()))
    uris = sorted(set(uri))
    places = {name: place for place, name in enumerate(uris)}
    owner = np.array([places[name] for name in uri], dtype=np.int64)
    shown = dict(zip(owner[::-1].tolist(), labels[::-1], strict=True))  # any, then the preferred
    shown |= {int(owner[i]): labels[i] for i in np.flatnonzero(preferred)[::-1]}
    return Concepts(
        *(scheme, kind, " and ".join(releases), uris),
        *([shown[i] for i in range(len(uris))], labels, owner, preferred),
    )


def _owners(keys: Sequence[str], owner: np.ndarray) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for key, place in zip(keys, owner.tolist(), strict=True):
        found.setdefault(key, set()).add(place)
    return {key: frozenset(places) for key, places in found.items()}
