"""The faults of a context: each broken rule is named, and a good context has none."""

from dataclasses import replace

import pytest

from hr_pipeline.rjdb.contexts import Context, Experience, Shortened, Swap, faults_of

JOBS = (Experience("Cook", 3, 2020, 2023), Experience("Waiter", 1, 2019, 2020))
GOOD = Context(
    context_id="c00000-00000-0",
    cluster_id="c00000",
    occupation="Cook",
    category="manual labor",
    split="train",
    skills=("Grilling", "Baking", "Menu design"),
    experiences=JOBS,
    first_name="Ana Rosa",
    gender="female",
    name_group="south",
    removed_skills=("Baking",),
    swaps=(Swap("Baking", "Welding"),),
    shortened=Shortened("Cook", 3, 0),
)


def test_a_good_context_has_no_fault() -> None:
    assert faults_of(GOOD) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"skills": ("Grilling", "Baking", "Baking")}, "skills repeat"),
        ({"removed_skills": (), "swaps": ()}, "no skill is removed"),
        (
            {"removed_skills": ("Sewing",), "swaps": (Swap("Sewing", "Welding"),)},
            "a removed skill is not asked for",
        ),
        ({"skills": ("Baking",)}, "no skill stays"),
        ({"swaps": (Swap("Grilling", "Welding"),)}, "swaps are not of the removed skills"),
        ({"swaps": ()}, "swaps are not of the removed skills"),
        ({"swaps": (Swap("Baking", "Grilling"),)}, "a skill that is asked for is put in"),
        ({"occupation": "Waiter"}, "the latest experience is not the occupation"),
        (
            {"experiences": (JOBS[0], Experience("Waiter", 1, 2018, 2019))},
            "spans are not contiguous",
        ),
        (
            {"experiences": (Experience("Cook", 2, 2020, 2023), JOBS[1])},
            "a span is not its years long",
        ),
        ({"shortened": Shortened("Cook", 3, 3)}, "the latest experience is not shortened"),
        ({"shortened": Shortened("Cook", 3, -1)}, "the latest experience is not shortened"),
    ],
)
def test_each_broken_rule_alone_is_named(changed: dict[str, object], fault: str) -> None:
    assert faults_of(replace(GOOD, **changed)) == [fault]  # type: ignore[arg-type]


def test_a_context_without_experience_has_a_fault_and_does_not_fail() -> None:
    assert "no experience" in faults_of(replace(GOOD, experiences=()))


def test_spans_and_durations_read_as_a_writer_puts_them() -> None:
    assert (JOBS[0].span, JOBS[0].duration) == ("2020 - 2023", "3 years")
    assert (JOBS[1].span, JOBS[1].duration) == ("2019 - 2020", "1 year")


def test_a_job_shortened_to_nothing_is_left_out_of_one_resume_and_kept_in_the_other() -> None:
    assert GOOD.plan("unmatched").experiences == JOBS[1:]
    assert GOOD.plan("swapped").experiences == (Experience("Cook", 1, 2020, 2021), JOBS[1])
    assert GOOD.plan("swapped").skills == ("Grilling", "Welding", "Menu design")
