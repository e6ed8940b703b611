"""What dev and test share with train (METHOD 5): what must not be shared, and what may be."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from hr_pipeline.rjdb.contexts import DOCUMENTS, context_from_row
from hr_pipeline.rjdb.masking import masked_words
from hr_pipeline.rjdb.originality import exact_key
from hr_pipeline.text.duplicates import DuplicateIndex, Shingles, shingles
from hr_pipeline.text.phrases import Phrase, phrase

START = "start occupations seen in train"
EXACT = "documents that stand in train"
NEAR = "documents with a near-duplicate in train"
SKILLS = "skills seen in train"
PAST = "past job titles seen in train"
SKILL_SETS = "contexts with the skills of one of train"
MUST_BE_ZERO = (START, EXACT, NEAR)
COLUMNS = [
    *("triple_id", "context_id", "cluster_id", "occupation", "category", "split", "skills"),
    *("experiences", "first_name", "gender", "name_group", "removed_skills", "swaps"),
    *("shortened", *DOCUMENTS),
]
Row = Mapping[str, Any]


class HeldOut:
    """The things of dev and test by measure, held in memory, and which of them are met in train.

    A document is one thing by its name ("c00012-00034 resume_matched"); names of skills and titles
    are compared by their normalised tokens. `key_of` gives the group of a start occupation that
    stays in one split.
    """

    def __init__(self, key_of: Callable[[str], str]) -> None:
        self._key_of = key_of
        self._things: dict[tuple[str, str], set[Any]] = defaultdict(set)  # by split and measure
        self._known: dict[str, set[Any]] = defaultdict(set)  # by measure, of both splits
        self._met: dict[str, set[Any]] = defaultdict(set)  # those of them that train has
        self._near = {kind: DuplicateIndex() for kind in ("job_description", "resume")}
        self._named: dict[bytes, set[str]] = defaultdict(set)  # documents by their exact text

    def add(self, row: Row) -> None:
        """A triple of dev or test."""
        for measure, found in self._facts(row):
            self._things[row["split"], measure] |= found
            self._known[measure] |= found
        for key, found_in in _shingles(row).items():
            name = f"{row['triple_id']} {key}"
            for measure in (EXACT, NEAR):
                self._things[row["split"], measure].add(name)
            self._named[exact_key(row[key])].add(name)
            self._near[DOCUMENTS[key].kind].add(name, row["split"], found_in)

    def meet(self, row: Row) -> None:
        """A triple of train."""
        for measure, found in self._facts(row):
            self._met[measure] |= found & self._known[measure]
        for key, found_in in _shingles(row).items():
            self._met[EXACT] |= self._named.get(exact_key(row[key]), set())
            alike = self._near[DOCUMENTS[key].kind].near(row["split"], found_in)
            self._met[NEAR] |= {near.key for near in alike}

    def _facts(self, row: Row) -> Iterator[tuple[str, set[Any]]]:
        skills = {_phrase(skill) for skill in row["skills"]}
        yield START, {self._key_of(row["occupation"])}
        yield SKILLS, skills
        yield PAST, {_phrase(job["title"]) for job in row["experiences"][1:]}
        yield SKILL_SETS, {frozenset(skills)}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows of quality/overlap: shares of the distinct things of a split, `n` how many."""
        for (split, measure), things in sorted(self._things.items()):
            shared = len(things & self._met[measure])
            zero = measure in MUST_BE_ZERO
            yield {
                "split": split,
                "measure": measure,
                "value": round(shared / len(things), 5) if things else None,
                "n": len(things),
                "goal": "0" if zero else None,
                "passed": shared == 0 if zero else None,
            }


def shared_with_train(
    held_out: Iterable[Row], train: Iterable[Row], key_of: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Rows of quality/overlap from rows of rjdb/triples, which need `COLUMNS` only."""
    held = HeldOut(key_of)
    for row in held_out:
        held.add(row)
    for row in train:
        held.meet(row)
    return list(held.rows())


def _shingles(row: Row) -> dict[str, Shingles]:
    texts = {key: row[key] for key in DOCUMENTS if row[key] is not None}
    words = masked_words(context_from_row(row), texts)
    return {key: shingles(masked) for key, masked in words.items()}


@lru_cache(maxsize=1 << 16)
def _phrase(name: str) -> Phrase:
    return phrase(name)
