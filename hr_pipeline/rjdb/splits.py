"""Train, dev and test by start occupation: titles that mean the same job stay together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from hr_pipeline.lake import picked
from hr_pipeline.text.titles import title_core, title_words

SPLITS = ("train", "dev", "test")
# A major group says too little to put titles together; ESCO concepts and detailed codes do, unless
# they are as wide: "software developers" are a sixteenth of the titles of real advertisements.
_SCHEMES = ("esco", "onet")
_WIDEST_SHARE, _WIDEST_TITLES = 0.03, 20  # of all titles; the larger of both decides
_TELLING = 3  # so many words mean the same job wherever in a title they stand


@dataclass(frozen=True)
class SharedConcepts:
    """The concepts that titles and skills are surely linked to (rows of taxonomy/links)."""

    of_title: Mapping[str, frozenset[str]] = field(default_factory=dict)
    of_skill: Mapping[str, frozenset[str]] = field(default_factory=dict)


NO_CONCEPTS = SharedConcepts()


def shared_concepts(links: pa.Table) -> SharedConcepts:
    """ESCO concepts and detailed O*NET-SOC codes by title and by skill."""
    found: dict[str, dict[str, set[str]]] = {"occupation": {}, "skill": {}}
    for row in links.select(["entity", "kind", "scheme", "uri"]).to_pylist():
        if row["scheme"] in _SCHEMES:
            found[row["kind"]].setdefault(row["entity"], set()).add(row["uri"])
    titles, skills = (
        {name: frozenset(uris) for name, uris in found[kind].items()}
        for kind in ("occupation", "skill")
    )
    return SharedConcepts(titles, skills)


def split_keys(
    titles: Sequence[str], codes: Sequence[str], concepts: SharedConcepts = NO_CONCEPTS
) -> dict[str, str]:
    """Title -> the key of its group; titles of one key are in one split.

    A group is what hangs together through equal title cores, equal words in any order and part of
    the title (three at least), general occupations of one SOC broad group (first six characters of
    `codes`; "" for an advertised title), and shared concepts, those aside that would put more than
    3% of all titles together. The key is the first of the group's names in the order of the
    alphabet.
    """
    groups, cores_of, sizes = _Groups(), dict[str, set[str]](), Counter[str]()
    for title, code in zip(titles, codes, strict=True):
        core = title_core(title)
        sizes[core] += 1
        groups.join(core, f"soc {code[:6]}" if code else core)
        words = title_words(title)
        if len(words) >= _TELLING:
            groups.join(core, "~ " + " ".join(words))  # last in the alphabet: no key
        for uri in concepts.of_title.get(title, ()):
            cores_of.setdefault(uri, set()).add(core)
    most = max(_WIDEST_TITLES, _WIDEST_SHARE * len(titles))
    for uri, cores in cores_of.items():
        if sum(sizes[core] for core in cores) <= most:
            for core in cores:
                groups.join(core, uri)
    first = groups.first_names()
    return {title: first[groups.root(title_core(title))] for title in titles}


def split_of(seed: int, key: str, dev_share: float, test_share: float) -> str:
    """The split of a group, drawn by its key."""
    return picked.split_of(seed, "rjdb/split", key, dev_share, test_share)


class _Groups:
    """Names that were joined, directly or through others."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, name: str) -> str:
        above = self._above.setdefault(name, name)
        while above != name:
            self._above[name] = self._above[above]
            name, above = above, self._above[above]
        return name

    def join(self, one: str, other: str) -> None:
        self._above[self.root(one)] = self.root(other)

    def first_names(self) -> dict[str, str]:
        """The smallest name of each group by its root."""
        first: dict[str, str] = {}
        for name in list(self._above):
            root = self.root(name)
            first[root] = min(name, first.get(root, name))
        return first
