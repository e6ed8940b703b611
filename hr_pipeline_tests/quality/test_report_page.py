"""The page of the report: what it claims, and that nothing in the data can break it."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.quality.report.assets import MEASURED
from hr_pipeline.quality.report.page import Claim, Page, Plot, Section, Table, shown
from hr_pipeline.quality.report.plots import judges
from hr_pipeline.quality.report.sections import beside, claims, sections

NOTHING: dict[str, list[dict[str, Any]]] = {name: [] for name in MEASURED}


def integrity(**changes: Any) -> dict[str, Any]:
    row = {"corpus": "ours", "document": "all", "measure": "removed skills left", "value": 0.0}
    return row | {"n": 10, "goal": "0", "passed": True} | changes


def page_with(*tables: Table) -> str:
    section = Section("one", "One", "Lead", tables, [Plot("a plot", "data:image/svg+xml,x")])
    return Page("T", "", {"seed": "1"}, [Claim("a", "1", "2", True, "one")], [section]).html()


class Cells(HTMLParser):
    """Texts of table cells, and every tag seen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self._open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "td":
            self._open = True
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._open:
            self.cells[-1] += data


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    seen = Cells(page_with(Table("c", ["a"], [[text]])))
    assert seen.cells[-1] == text
    assert "script" not in seen.tags


def test_the_page_fetches_nothing() -> None:
    html = page_with(Table("c", ["a"], [[1]]))
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", html)
    assert "@import" not in html and "url(" not in html


def test_only_ours_is_claimed() -> None:
    theirs = integrity(corpus="released", value=12.8, passed=False)
    open_ = integrity(measure="re-asks", goal=None, passed=None)
    found = claims(NOTHING | {"quality/integrity": [integrity(), theirs, open_]})
    assert [(claim.what, claim.found, claim.holds) for claim in found] == [
        ("removed skills left", "0", True)
    ]


def test_a_missed_coverage_is_a_claim_that_fails() -> None:
    row = {"kind": "occupation", "scheme": "soc", "method": "all", "linked": 94, "entities": 100}
    (found,) = claims(NOTHING | {"taxonomy/coverage": [row | {"share": 0.94, "goal": 0.95}]})
    assert not found.holds and found.found == "94.0%" and found.section == "taxonomy"


def test_judgements_without_twins_have_one_plot() -> None:
    row = {"corpus": "ours", "document": "resume", "criterion": "factuality", "teacher": "template"}
    row |= {"writing_mode": "whole", "judge": "template", "measure": "mean score", "value": 4.5}
    (plot,) = judges([row | {"ci_low": None, "ci_high": None, "n": 1}])
    assert "writing mode" in plot.alt


def test_corpora_stand_side_by_side() -> None:
    rows = [integrity(), integrity(corpus="released", value=12.8), integrity(document="resume")]
    assert beside(rows, ("document", "measure")) == [
        ["all", "removed skills left", 0.0, 12.8],
        ["resume", "removed skills left", 0.0, None],
    ]


def test_sections_without_figures_are_left_out() -> None:
    keys = [section.key for section in sections(NOTHING | {"quality/integrity": [integrity()]}, {})]
    assert keys == ["integrity", "lineage"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""), (True, "holds"), (False, "fails"), (52000, "52,000"), (3.0, "3"),
        (0.91349, "0.913"), (1234.567, "1,234.57"), (-0.5, "-0.500"), ("x", "x"),
    ],
)  # fmt: skip
def test_cells_are_shown_as_people_read_them(value: Any, words: str) -> None:
    assert shown(value) == words
