"""What JA-QA is made from, out of the raw folder: each source where it is there."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.sources.api_lists import OWN, ApiList, find_api_lists
from hr_pipeline.sources.apis import api_hashes, read_apis
from hr_pipeline.sources.esco_occupations import read_esco_occupations
from hr_pipeline.sources.forms import JAQA_NEEDS, LINKEDIN_TITLE_LIST
from hr_pipeline.sources.linkedin import LinkedinPostings
from hr_pipeline.sources.read import input_hashes
from hr_pipeline.sources.recognise import Inputs, find_inputs
from hr_pipeline.sources.skill_names import read_skill_names
from hr_pipeline.sources.source_table import SourceTable

APIS = "apis"
GIVES = {
    "linkedin": "no postings",
    "esco_occupations": "no occupations for titles",
    "esco_skills": "no skill names of ESCO",
    "dice": "no skill names of Dice",
}


@dataclass(frozen=True)
class JaqaInputs:
    """The files found, and the lists of APIs."""

    inputs: Inputs
    lists: list[ApiList]

    def lines(self) -> list[str]:
        """A line for each file that is used."""
        return [*self.inputs.lines(), *(entry.line() for entry in self.lists)]

    def absent(self) -> list[str]:
        """A line for what is not there, and for each known file that nothing is read of."""
        missing = [what for need, what in GIVES.items() if need not in self.inputs.found]
        missing += [] if self.lists else ["no APIs"]
        lines = [f"{', '.join(missing)}: not among the input files"] if missing else []
        passed = (file for file in self.inputs.passed_over if file.form == LINKEDIN_TITLE_LIST)
        return lines + [f"not used: {file.shown} ({file.form.label})" for file in passed]

    def hashes(self) -> dict[str, str]:
        """What decides the tables: SHA-256 of each file."""
        return input_hashes(self.inputs) | api_hashes(self.lists)


@dataclass(frozen=True)
class Streamed:
    """Tables of a dataset, read while they are consumed; then ledger, `rows_in` and `facts` (what
    else there is to say, by its name) are whole."""

    tables: Iterable[pa.Table]
    ledger: Ledger = field(default_factory=Ledger)
    rows_in: Callable[[], int] = lambda: 0
    facts: Mapping[str, Callable[[], int]] = field(default_factory=dict)


def find_jaqa_inputs(
    raw: Path, files: Mapping[str, Path], without: Collection[str] = ()
) -> JaqaInputs:
    """What is there below `raw`; `files` names a file for a need, or a list of APIs (own).

    InputError: an unknown need; a file that is named and not there; as `find_inputs`.
    """
    _known([*files], (*JAQA_NEEDS, OWN))
    _known(without, (*JAQA_NEEDS, APIS))
    own = {need: path for need, path in files.items() if need == OWN}
    tables = {need: path for need, path in files.items() if need != OWN}
    left = [need for need in without if need != APIS]
    lists = [] if APIS in without else find_api_lists(raw, own)
    return JaqaInputs(find_inputs(raw, tables, left, required=(), optional=JAQA_NEEDS), lists)


def _known(names: Iterable[str], known: Collection[str]) -> None:
    for name in sorted(set(names) - set(known)):
        raise InputError(f"no input is called {name!r}", mend=f"use one of {', '.join(known)}")


def read_jaqa_sources(inputs: JaqaInputs) -> dict[str, Streamed]:
    """The tables by dataset; of what is not there, a table without rows.

    InputError: a file that cannot be read.
    """
    found = inputs.inputs.found
    occupations = (
        read_esco_occupations(found["esco_occupations"])
        if "esco_occupations" in found
        else SourceTable(CONTRACTS["sources/esco_occupations"].table([]))
    )
    return {
        "sources/linkedin_postings": _postings(inputs.inputs),
        "sources/esco_occupations": _whole(occupations),
        "sources/skill_names": _whole(read_skill_names(inputs.inputs)),
        "sources/apis": _whole(read_apis(inputs.lists)),
    }


def _whole(source: SourceTable) -> Streamed:
    return Streamed([source.table], source.ledger, lambda: source.rows_in)


def _postings(inputs: Inputs) -> Streamed:
    contract = CONTRACTS["sources/linkedin_postings"]
    if "linkedin" not in inputs.found:
        return Streamed([contract.table([])])
    postings = LinkedinPostings(inputs.found["linkedin"])
    return Streamed(
        contract.tables(postings.rows()),
        postings.ledger,
        lambda: postings.rows_in,
        {"function codes without posting": lambda: postings.codes_without_posting},
    )
