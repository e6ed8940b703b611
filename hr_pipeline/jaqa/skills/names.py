"""Which names of skills are looked for in running text, and how each must be written there.

A taxonomy and the skill fields of advertisements hold far more than names of skills: words such
as "team" or "is", jobs, terms of employment. The rules here leave those out; words.yaml holds the
words that they go by, docs/skill_finding.md what each rule is worth.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from hr_pipeline.text.phrases import Phrase, fold_plural, phrase, tokens

Row = dict[str, Any]  # of sources/skill_names
ORDINARY_LABELS = 3  # of the taxonomy that write a word in small letters: it is no proper name
FEWEST_POSTINGS = 2  # for a Dice name of ordinary words only
SURE_POSTINGS = 3  # from here on a Dice name of one word may be written in small letters
OFTEN = 20  # postings, from which on what they write is usual
_SMALL_WORD = re.compile(r"(?<![^\W_])[a-z]+(?![^\W_])")


class Written(Enum):
    """How a name must be written to be found."""

    ANYHOW = 0
    WITH_CAPITALS = 1  # or with digits or signs, which make a word a proper name too
    AS_SPELLED = 2


@dataclass(frozen=True, slots=True)
class Name:
    """A name that is looked for, and the skill that it is a name of."""

    name: str
    skill: str
    source: str
    uri: str | None = None
    kind: str | None = None
    written: Written = Written.ANYHOW


@dataclass(frozen=True)
class Words:
    """words.yaml: sets of tokens, whole names as phrases, products as they are spelled."""

    small: frozenset[str]
    praise: frozenset[str]
    people: frozenset[str]
    about_the_job: frozenset[str]
    general: frozenset[str]
    skills: frozenset[Phrase]
    no_skill: frozenset[Phrase]
    products: dict[Phrase, str]


@cache
def words() -> Words:
    """The words that the rules go by."""
    text = (files("hr_pipeline.jaqa.skills") / "words.yaml").read_text(encoding="utf-8")
    held = yaml.safe_load(text)
    sets = ("small", "praise", "people", "about_the_job", "general")
    return Words(
        **{name: frozenset(tokens(held[name])) for name in sets},
        skills=frozenset(map(phrase, held["skills"].split(","))),
        no_skill=frozenset(
            phrase(name) for part in held["no_skill"].values() for name in part.split(",")
        ),
        products={phrase(name): name for name in held["products"].split()},
    )


def ordinary_words(rows: Iterable[Row]) -> frozenset[str]:
    """Words that the taxonomy writes in small letters in several labels."""
    labels: Counter[str] = Counter()
    for row in rows:
        if row["source"] == "esco":
            labels.update({fold_plural(word) for word in _SMALL_WORD.findall(row["name"])})
    return frozenset(word for word, n in labels.items() if n >= ORDINARY_LABELS)


def best_names(rows: Iterable[Row]) -> dict[Phrase, Row]:
    """For each name (its tokens) the row of the skill that it stands for.

    A preferred label comes first; then another ESCO label, where the skill's own has all its words
    ("Java" of "Java (computer programming)"); then, for names of one word, Dice, which keeps
    "AngularJS" from becoming "JavaScript Framework"; then the ESCO label whose skill shares most
    words with it; then Dice. Where advertisements write a name often, only names in their usual
    spelling count. The postings of all spellings of a name are counted together.
    """
    by_form: dict[Phrase, list[Row]] = {}
    for row in rows:
        if item := phrase(row["name"]):
            by_form.setdefault(item, []).append(row)
    return {item: _best(item, of_form) for item, of_form in by_form.items()}


def _best(item: Phrase, rows: list[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    spellings: Counter[str] = Counter()
    for row in rows:
        spellings[_spelled(row["name"])] += row["n_postings"]
    usual, times = min(spellings.items(), key=lambda entry: (-entry[1], entry[0]))
    if times >= OFTEN:  # "security" is not "securities", even where it is a label of theirs
        rows = [row for row in rows if _spellings(item, row) == {usual}]
    return min(rows, key=lambda row: _rank(item, row)) | {"n_postings": spellings.total()}


def _spellings(item: Phrase, row: Row) -> set[str]:
    """Of a name, and of its skill where that is the same name; hyphens and case aside."""
    same = phrase(row["skill"]) == item
    return {_spelled(row["name"]), *([_spelled(row["skill"])] if same else [])}


def _spelled(name: str) -> str:
    return name.casefold().replace("-", " ")


def _rank(item: Phrase, row: Row) -> tuple[Any, ...]:
    skill = set(phrase(row["skill"]))
    shared = len(skill & set(item)) / len(skill | set(item))
    if row["source"] == "dice":
        place = 2 if len(item) == 1 else 4
    elif row["preferred"]:
        place = 0
    else:
        place = 1 if set(item) <= skill else 3
    return place, -shared, -row["n_postings"], len(row["skill"]), row["skill"], row["name"]


@dataclass(frozen=True)
class LookedFor:
    """The names that are looked for by their tokens, and how many each rule left out."""

    names: dict[Phrase, Name]
    left_out: dict[str, int]
    skills: dict[Phrase, str]  # what each name stands for, those left out too


def looked_for(rows: list[Row]) -> LookedFor:
    """The names that the rules leave of sources/skill_names."""
    ordinary, by_rule = ordinary_words(rows), Counter[str]()
    best = best_names(rows)
    meant = {item: _meant(item, row, best) for item, row in best.items()}
    kept: dict[Phrase, Name] = {}
    for item, row in best.items():
        product = words().products.get(item)
        rule = "" if product or item in words().skills else _rule_against(item, row, ordinary)
        if rule:
            by_rule[rule] += 1
        else:
            kept[item] = _name(item, row, meant[item], product)
    for item, rule in list(_made_of_others(kept, best, ordinary)):
        by_rule[rule] += 1
        del kept[item]
    skills = {item: row["skill"] for item, row in meant.items()}
    return LookedFor(kept, dict(by_rule.most_common()), skills)


def _meant(item: Phrase, row: Row, best: dict[Phrase, Row]) -> Row:
    """The row of the skill that a name stands for: "Communication skills" of Dice are the
    taxonomy's communication, and its "Cloud" is "cloud technologies"."""
    if row["source"] == "dice":
        if item[-1] == "skill" and item[:-1] in best:
            return best[item[:-1]]
        for word in sorted(words().general):
            longer = best.get((*item, word))
            if longer and longer["source"] == "esco" and longer["preferred"]:
                return longer
    return row


def _rule_against(item: Phrase, row: Row, ordinary: frozenset[str]) -> str:
    """The rule that leaves a name out; empty where none does."""
    known, dice = words(), row["source"] == "dice"
    if item in known.no_skill:
        return "no skill in running text"
    if item[0] in known.small or item[-1] in known.small:
        return "begins or ends with a small word"
    if len(item) > 1 and item[0] in known.praise:
        return "begins with praise"
    if item[-1] in known.people and (dice or len(item) == 1):
        return "a job"
    if dice and not known.about_the_job.isdisjoint(item):
        return "speaks of the job"
    if len(item) == 1 and item[0] in ordinary and (dice or not row["preferred"]):
        return "an ordinary word"
    if dice and row["n_postings"] < FEWEST_POSTINGS and ordinary.issuperset(item):
        return "rare, and of ordinary words"
    return ""


def _name(item: Phrase, row: Row, meant: Row, product: str | None) -> Name:
    written = Written.ANYHOW
    if product or len(item[0]) == len(item) == 1:
        written = Written.AS_SPELLED
    elif (
        (row["source"] == "dice" and len(item) == 1)
        and row["n_postings"] < SURE_POSTINGS
        and item not in words().skills
    ):
        written = Written.WITH_CAPITALS
    name = product or row["name"]
    return Name(name, meant["skill"], row["source"], meant["uri"], meant["kind"], written)


def _made_of_others(
    kept: dict[Phrase, Name], best: dict[Phrase, Row], ordinary: frozenset[str]
) -> Iterator[tuple[Phrase, str]]:
    """Dice names that only put other names together: lists ("HTML CSS", "Puppet/Chef"), and a name
    with a general word after it ("AWS services")."""
    for item, name in kept.items():
        row = best[item]
        if name.source != "dice" or len(item) == 1 or item in words().skills:
            continue
        rare = row["n_postings"] < OFTEN
        if rare and item[-1] in words().general and item[:-1] in kept:
            yield item, "a name and a general word"
        elif (
            ("/" in name.name or (rare and len(name.name.split()) == len(item)))
            and all((word,) in kept for word in item)
            and ordinary.isdisjoint(item)
        ):
            yield item, "several names side by side"
