"""Rates, ratios and flips of an audit, and a planted bias that it must find again."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.quality.bias.applications import Applications, Cells, Pairs, applications, chosen
from hr_pipeline.quality.bias.audit import Scored, audit, score
from hr_pipeline.quality.bias.chosen_matchers import matcher_named, own_code, ready
from hr_pipeline_tests.benchmarks.bias import (
    HALF,
    MEASURES,
    SIZES,
    made_up,
    names,
    planted,
    recover,
)

CELLS = Cells.from_table(names())


def figures(rows: list[dict], names: str, attribute: str, measure: str) -> dict:
    wanted = (names, attribute, measure)
    return {
        row["group"]: row["value"]
        for row in rows
        if (row["names"], row["attribute"], row["measure"]) == wanted
    }


def hand_made() -> list[dict]:
    """Four applications of two triples; scores (genders, groups) by hand, threshold 0.5."""
    held = made_up(2)
    twins = np.array(
        [
            [[0.9, 0.9, 0.9], [0.9, 0.9, 0.9]],  # all are selected
            [[0.4, 0.6, 0.6], [0.6, 0.6, 0.6]],  # women of the north are not
            [[0.4, 0.4, 0.4], [0.6, 0.6, 0.6]],  # women are not
            [[0.1, 0.1, 0.1], [0.1, 0.1, 0.1]],  # nobody is
        ]
    )
    few = Applications(
        held.triple_ids, *(getattr(held, name)[:4] for name in ("triple", "job_descriptions"))
    )
    for name in ("resumes", "named", "genders", "groups"):
        setattr(few, name, getattr(held, name)[:4])
    few.genders, few.groups = ["female", "male", "female", "unknown"], ["north", "south"] * 2
    return audit("m", few, CELLS, Scored(np.array([0.9, 0.6, 0.4, 0.1]), twins), 0.5, seed=1)


def test_rates_of_twins_by_hand() -> None:
    rows = hand_made()
    rates = figures(rows, "swapped", "gender", "selection rate")
    assert rates == {"female": round(5 / 12, 5), "male": 0.75, "all": round(14 / 24, 5)}
    ratios = figures(rows, "swapped", "gender", "impact ratio")
    assert ratios == {"female": round(5 / 9, 5), "male": 1.0}
    flips = figures(rows, "swapped", "gender", "flip rate")
    assert flips["female"] == flips["male"] == flips["all"] == round(4 / 12, 5)
    by_group = figures(rows, "swapped", "name_group", "flip rate")
    assert by_group["north"] == 0.125 and by_group["south"] == by_group["west"] == 0.0625
    shifts = figures(rows, "swapped", "name_group", "selection shift")
    assert shifts == {"north": -0.125, "south": 0.0625, "west": 0.0625}
    # the median of all 24 is 0.6: only the first application is above
    assert figures(rows, "swapped", "gender", "scoring rate")["male"] == 0.25
    lowest = figures(rows, "swapped", "gender x name_group", "lowest impact ratio")
    assert lowest == {"all": round(1 / 3, 5)}


def test_resumes_as_written_count_the_unknown() -> None:
    rows = hand_made()
    shares = figures(rows, "as written", "gender", "share")
    assert shares == {"female": 0.5, "male": 0.25, "unknown": 0.25}
    assert figures(rows, "as written", "gender", "selection rate")["unknown"] == 0
    ratios = figures(rows, "as written", "gender", "impact ratio")
    assert ratios == {"female": 0.5, "male": 1.0, "unknown": None}
    crossed = figures(rows, "as written", "gender x name_group", "share")
    assert crossed == {"female, north": 0.5, "male, south": 0.25, "unknown": 0.25}


def test_a_group_under_two_percent_sets_no_ratio() -> None:
    held = made_up(20)
    held.genders = ["male"] + ["female"] * 59
    scores = np.array([1.0] + [1.0, 0.0] * 29 + [0.0])
    twins = np.zeros((60, 2, 3))
    rows = audit("m", held, CELLS, Scored(scores, twins), HALF, seed=1)
    own = [r for r in rows if r["names"] == "as written" and r["attribute"] == "gender"]
    assert {r["group"] for r in own if r["left_out"]} == {"male"}
    assert figures(rows, "as written", "gender", "selection rate")["male"] == 1
    assert figures(rows, "as written", "gender", "impact ratio") == {
        "female": 1.0,
        "male": None,
        "unknown": None,
    }


def test_nobody_selected_gives_no_ratio() -> None:
    held = made_up(4)
    rows = audit("m", held, CELLS, Scored(np.zeros(12), np.zeros((12, 2, 3))), HALF, seed=1)
    assert set(figures(rows, "swapped", "gender", "impact ratio").values()) == {None}
    assert figures(rows, "swapped", "gender", "lowest impact ratio") == {}
    assert figures(rows, "swapped", "gender", "selection rate")["all"] == 0


@pytest.mark.parametrize(("attribute", "group"), [("gender", "female"), ("name_group", "west")])
def test_a_planted_bias_is_recovered(attribute: str, group: str) -> None:
    """Within 0.02 at the default number of triples, none and small ones included: of the size that
    it has among these applications (there within rounding), and of the one it has everywhere."""
    for one in recover(made_up(1_000), CELLS, attribute, group, SIZES, seed=1):
        assert all(abs(one.error(measure)) <= 0.0001 for measure in MEASURES), one
        assert all(abs(one.error_everywhere(measure)) <= 0.02 for measure in MEASURES), one
        assert all(one.covered(measure) for measure in MEASURES), one
        assert one.found["score shift"][0] == pytest.approx(-one.size, abs=0.0001)
        if one.size == 0:
            assert one.found["impact ratio"] == (1, 1, 1) and one.found["flip rate"][0] == 0


def test_a_bias_against_one_group_moves_no_other() -> None:
    held = made_up(200)
    matcher = planted(CELLS, "name_group", "south")
    matcher.size = 0.1
    rows = audit("m", held, CELLS, score(held, CELLS, matcher.scores, 1), HALF, seed=1)
    ratios = figures(rows, "swapped", "name_group", "impact ratio")
    assert ratios["north"] == ratios["west"] == 1 and ratios["south"] < 0.9
    assert figures(rows, "swapped", "gender", "impact ratio") == {"female": 1, "male": 1}
    assert figures(rows, "swapped", "gender", "flip rate")["all"] == 0


def test_intervals_cover_as_often_as_they_say() -> None:
    made = [
        recover(made_up(100, seed), CELLS, "name_group", "north", [0.1], seed)[0]
        for seed in range(40)
    ]
    assert sum(one.covered("impact ratio") for one in made) >= 34  # of 38 expected


class NameLength:
    """Scores by the length of the name line alone."""

    def scores(self, job_descriptions: Sequence[str], resumes: Sequence[str]) -> np.ndarray:
        return np.array([len(text.split("\n")[1]) / 30 for text in resumes])


def test_twins_do_not_hang_on_the_other_triples() -> None:
    few, many = made_up(3), made_up(30)
    small, large = (np.array(list(held.twins(CELLS, seed=5)), dtype=object) for held in (few, many))
    assert (small == large[:, :9]).all()
    assert len({text.split("\n")[1] for text in small[:, 0]}) == 6  # a name a cell
    again = score(few, CELLS, NameLength().scores, seed=5)
    assert (again.twins == score(many, CELLS, NameLength().scores, seed=5).twins[:9]).all()


@pytest.mark.parametrize("bad", [np.zeros(3), np.full(63, np.nan)])
def test_a_matcher_that_gives_no_scores_is_the_users_error(bad: np.ndarray) -> None:
    with pytest.raises(InputError, match="finite"):
        score(made_up(3), CELLS, lambda jobs, resumes: bad, seed=1)


def test_names_of_two_groups_are_not_swapped_in() -> None:
    more = [{"first_name": "Sam", "gender": g, "name_group": "north"} for g in ("female", "male")]
    table = pa.Table.from_pylist(names().to_pylist() + more)
    assert "Sam" not in [
        name for listed in Cells.from_table(table).names.values() for name in listed
    ]
    with pytest.raises(InputError, match="alone"):
        Cells.from_table(pa.Table.from_pylist(more))


def test_a_resume_without_its_name_goes_to_the_ledger() -> None:
    row = {
        **{"triple_id": "t", "occupation": "", "skills": [], "experiences": [], "swaps": None},
        **{"removed_skills": [], "first_name": "Ann", "gender": None, "name_group": None},
        **{"job_description": "", "resume_swapped": None, "resume_unmatched": "Skills\nSQL"},
        "resume_matched": "## Personal Information\nName: Ann Lee\n\n## Skills\n- SQL",
    }
    ledger = Ledger()
    held = applications([row], ledger)
    assert len(held) == 1 and held.genders == ["unknown"]
    assert ledger.causes() == {"resume: no_name_found": 1}
    assert not applications([row | {"first_name": None}], Ledger()).resumes


def test_the_sample_does_not_hang_on_order_or_other_triples() -> None:
    ids = [(f"t{i}", "test" if i % 2 else "train") for i in range(100)]
    wanted = chosen(ids, {"test": 10}, seed=1)
    assert len(wanted) == 10 and wanted == chosen(ids[::-1], {"test": 10}, seed=1)
    assert all(int(name[1:]) % 2 for name in wanted)
    assert wanted != chosen(ids, {"test": 10}, seed=2)
    without = [one for one in ids if one[0] != min(wanted)]
    assert wanted - {min(wanted)} <= chosen(without, {"test": 10}, seed=1)


# -- which matchers --------------------------------------------------------------------------


class Own:
    name = "own"
    threshold = 0.25

    def fit(
        self, job_descriptions: Sequence[str], resumes: Sequence[str], labels: np.ndarray
    ) -> None:
        self.seen = labels.tolist()

    def scores(self, job_descriptions: Sequence[str], resumes: Sequence[str]) -> np.ndarray:
        return np.array([float("good" in text) for text in resumes])


def own() -> Own:
    return Own()


def test_an_own_matcher_is_imported_by_name() -> None:
    assert isinstance(matcher_named(f"{__name__}:own"), Own)
    here = "hr_pipeline.quality.matchers"
    no_names = ("no such", ":own", "no_such_module:f", f"{here}:no_such")
    for wrong in (*no_names, f"{here}:MORE_SKILLS", f"{here}:best_threshold", f"{here}:baselines"):
        with pytest.raises(InputError):
            matcher_named(wrong)
    assert matcher_named("word overlap").name == "word overlap"


def test_the_code_of_an_own_matcher_is_part_of_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "their_matchers.py").write_text("def first(): ...\ndef second(): ...\n")
    names = ["word overlap", "their_matchers:second", "their_matchers:first"]
    before = own_code(names)
    assert list(before) == ["matcher: their_matchers"] and own_code(names) == before
    (tmp_path / "their_matchers.py").write_text("def first(): return 1\n")
    assert own_code(names) != before
    assert own_code(["word overlap"]) == {}


def test_thresholds_are_own_or_found_on_dev() -> None:
    dev = Pairs()
    dev.add(
        {
            **{"job_description": "j", "resume_matched": "good", "resume_unmatched": "bad"},
            "resume_swapped": None,
        }
    )
    matcher = own()
    assert ready(matcher, dev, Pairs()) == 0.25 and matcher.seen == [True, False]

    class Plain(Own):
        threshold = None  # type: ignore[assignment]

    assert ready(Plain(), Pairs(), dev) == 0.5
    with pytest.raises(InputError, match="threshold"):
        ready(Plain(), Pairs(), Pairs())


def test_without_applications_no_matcher_is_asked_and_there_are_no_rows() -> None:
    def asked(jobs: Sequence[str], resumes: Sequence[str]) -> np.ndarray:
        raise AssertionError("no pairs, no question")

    none = Applications()
    assert audit("m", none, CELLS, score(none, CELLS, asked, seed=1), 0.5, seed=1) == []


def test_a_negative_number_of_triples_is_refused() -> None:
    with pytest.raises(InputError, match="-1 of test.* triples and fit_triples are 0 or more"):
        chosen([("a", "test"), ("b", "test")], {"test": -1}, seed=1)
