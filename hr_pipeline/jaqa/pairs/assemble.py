"""One question-answer pair a posting: which postings give one, which are drawn (KDJPPR 3.2)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hr_pipeline.jaqa.keys import skill_key, title_key
from hr_pipeline.jaqa.pairs.wording import answer_of, question_of, read_answer, read_question
from hr_pipeline.jaqa.skills.postings import OVER_CEILING
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.picked import drawn
from hr_pipeline.lake.rng import digest
from hr_pipeline.lake.text import well_formed

STAGE = "jaqa/pairs"
Row = dict[str, Any]


def check_settings(pairs: int, dev_share: float, test_share: float) -> None:
    """Raises InputError for numbers that no pairs can be made with."""
    if pairs < 1:
        raise InputError("at least 1 is needed", f"{STAGE}.pairs")
    if not (dev_share >= 0 and test_share >= 0 and dev_share + test_share < 1):
        where = f"{STAGE}.dev_share, {STAGE}.test_share"
        raise InputError("shares are not negative and leave something for train", where)


@dataclass(frozen=True)
class Title:
    """The ESCO occupation that was chosen for a job title."""

    label: str
    uri: str
    isco_group: str


@dataclass(frozen=True)
class Facts:
    """What is known of postings: skills by posting id, APIs by skill key (a skill that is not there
    was lost on the way), occupation by title key; ids of postings that were not drawn."""

    skills: Mapping[str, list[str]]
    apis: Mapping[str, list[str]]
    titles: Mapping[str, Title]
    teacher: str
    not_drawn: Collection[str] = ()

    def apis_of(self, skills: Iterable[str]) -> list[str]:
        """The APIs of all these skills, in the skills' order, each once."""
        found = (api for skill in skills for api in self.apis.get(skill_key(skill), ()))
        return list(dict.fromkeys(found))


def read_facts(
    posting_skills: Iterable[Row],
    skill_apis: Iterable[Row],
    titles: Iterable[Row],
    teacher: str,
    lost: Iterable[Row] = (),
) -> Facts:
    """Facts from rows of jaqa/posting_skills, jaqa/skill_apis and jaqa/titles, and of the ledger of
    the first. A spelling that many postings share is held once."""
    same: dict[str, str] = {}
    return Facts(
        {
            row["posting_id"]: [same.setdefault(skill, skill) for skill in row["skills"]]
            for row in posting_skills
        },
        {skill_key(row["skill"]): row["apis"] for row in skill_apis},
        {
            title_key(row["title"]): Title(row["esco_label"], row["esco_uri"], row["isco_group"])
            for row in titles
        },
        teacher,
        frozenset(row["key"] for row in lost if row["cause"] == OVER_CEILING),
    )


def fit_postings(postings: Iterable[Row], facts: Facts, ledger: Ledger) -> list[str]:
    """The ids of postings that give a pair; the causes of all others are in the ledger.

    Of postings with the same title and text the one with the smallest id stays.
    """
    alike: dict[bytes, list[tuple[str, str]]] = {}
    for row in postings:
        posting = row["posting_id"]
        if cause := _why_no_pair(row, facts):
            ledger.add("row", posting, cause, raw=row["title"])
            continue
        text = digest(title_key(row["title"]), " ".join(row["description"].split()))
        alike.setdefault(text, []).append((posting, row["title"]))
    fit = []
    for (kept, _), *repeats in map(sorted, alike.values()):
        fit.append(kept)
        for posting, title in repeats:
            ledger.add("row", posting, "repeated_posting", f"of {kept}", title)
    return sorted(fit)


def _why_no_pair(row: Row, facts: Facts) -> str:
    if not (row["description"] or "").strip():
        return "no_description"
    skills = facts.skills.get(row["posting_id"])
    if row["posting_id"] in facts.not_drawn:
        return OVER_CEILING
    if not skills:
        return "no_skills"
    if title_key(row["title"]) not in facts.titles:
        return "title_not_standardised"
    return "" if facts.apis_of(skills) else "no_api"


def draw_pairs(fit: list[str], most: int, seed: int, ledger: Ledger) -> set[str]:
    """At most so many of the ids, drawn by their hashes; the others go to the ledger."""
    chosen = set(drawn(fit, most, seed, STAGE))
    for posting in fit:
        if posting not in chosen:
            ledger.add("row", posting, OVER_CEILING, f"{most:,} pairs were asked for")
    return chosen


def pair_rows(
    postings: Iterable[Row], split_of: Mapping[str, str], facts: Facts, ledger: Ledger
) -> Iterator[Row]:
    """Rows of jaqa/pairs for the postings that have a split, in the postings' order."""
    for row in postings:
        posting = row["posting_id"]
        if posting not in split_of:
            continue
        skills, title = facts.skills[posting], facts.titles[title_key(row["title"])]
        for skill in skills:
            if skill_key(skill) not in facts.apis:
                ledger.add("skill", posting, "no_choice_of_apis", raw=skill)
        apis = facts.apis_of(skills)
        description = well_formed(row["description"])
        yield {
            "pair_id": posting,
            "posting_id": posting,
            "split": split_of[posting],
            "title_raw": row["title"],
            "title": title.label,
            "esco_uri": title.uri,
            "isco_group": title.isco_group,
            "job_description": description,
            "skills": skills,
            "apis": apis,
            "question": question_of(title.label, description),
            "answer": answer_of(apis),
            "teacher": facts.teacher,
        }


def faults_in_pairs(pairs: Iterable[Row], skill_apis: Iterable[Row]) -> Counter[str]:
    """What must not be: APIs other than those chosen for the pair's skills, none at all, words that
    do not read back."""
    facts = read_facts((), skill_apis, (), "")
    faults: Counter[str] = Counter()
    for row in pairs:
        apis = row["apis"]
        faults["APIs that are not the skills' own"] += apis != facts.apis_of(row["skills"])
        faults["without an API"] += not apis
        faults["answers that read otherwise"] += read_answer(row["answer"]) != apis
        asked = (" ".join(row["title"].split()), row["job_description"])
        faults["questions that read otherwise"] += read_question(row["question"]) != asked
    return +faults
