"""Contexts: any one can be drawn again alone, and each holds all that METHOD section 3 says."""

from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from hr_pipeline.graph.build import fold
from hr_pipeline.graph.clusters import cluster_id
from hr_pipeline.lake.errors import InputError
from hr_pipeline.rjdb.contexts import RESUME_KINDS, Context, faults_of
from hr_pipeline.rjdb.sampling import (
    NoContext,
    SamplingSettings,
    Slot,
    World,
    draw_start,
    lay_out,
    plan_slots,
    walk_from,
)
from hr_pipeline.rjdb.splits import SharedConcepts
from hr_pipeline.text.phrases import tokens
from hr_pipeline_tests.building import build, one_line
from hr_pipeline_tests.graph.worlds import SETTINGS, market, world

WANTED = 7  # skills, as a teacher would say


def drawn(here: World, slot: Slot, first: int = 0, wanted: int = WANTED) -> Context:
    """The first attempt that succeeds."""
    for attempt in range(first, 60):
        start = draw_start(here, slot, attempt)
        try:
            found = walk_from(here, start, wanted)
            return lay_out(here, start, found, found.occupations[:0:-1])
        except NoContext as reason:
            assert str(reason) in ("too_few_skills", "no_removable_skill", "no_skill_to_put_in")
    raise AssertionError(f"nothing at {slot}")


@cache
def planned(seed: int = 1) -> tuple[Slot, ...]:
    return tuple(plan_slots(world(seed)))


@cache
def contexts(seed: int = 1) -> tuple[Context, ...]:
    here = world(seed)
    return tuple(drawn(here, slot) for slot in planned(seed))


def neighbours() -> dict[str, set[str]]:
    """The skills of every title of the market."""
    graph, _ = market()
    found: dict[str, set[str]] = defaultdict(set)
    for occupation, skill in zip(graph.edge_occupation, graph.edge_skill, strict=True):
        found[graph.titles[occupation]].add(graph.skills[skill])
    return found


def members(context: Context) -> set[str]:
    """The titles of the context's cluster."""
    graph, clusters = market()
    return {graph.titles[o] for o in clusters.members.neighbours(int(context.cluster_id[1:]))}


def holds(text: str, part: str) -> bool:
    """Whether the tokens of the part stand side by side in the text."""
    whole, wanted = tokens(text), tokens(part)
    return any(whole[i : i + len(wanted)] == wanted for i in range(len(whole)))


# -- the order of drawing -------------------------------------------------------------------


def test_a_slot_gives_the_same_context_in_any_order_and_alone() -> None:
    slots, expected = planned(), contexts()
    backwards, here = list(range(len(slots)))[::-1], world()
    assert [drawn(here, slots[i]) for i in backwards] == [expected[i] for i in backwards]
    for i in (0, 17, len(slots) - 1):
        assert drawn(world(), slots[i]) == expected[i]


def test_another_seed_gives_other_contexts() -> None:
    pairs = zip(contexts(1), contexts(2), strict=True)
    equal = sum((a.occupation, a.skills) == (b.occupation, b.skills) for a, b in pairs)
    assert equal < 10
    assert planned(1) != planned(2)


def test_another_attempt_at_a_slot_gives_another_context_of_the_same_kind() -> None:
    here, other = world(), 0
    for slot in planned()[::20]:
        first, later = drawn(here, slot), drawn(here, slot, first=20)
        assert first.context_id != later.context_id
        assert (later.cluster_id, later.gender, later.name_group, later.split) == (
            cluster_id(slot.cluster),
            slot.gender,
            slot.name_group,
            slot.split,
        )
        other += first.skills != later.skills
    assert other >= 15


# -- slots ----------------------------------------------------------------------------------


def test_split_sizes_are_exact_and_ids_differ() -> None:
    sizes = {split: SETTINGS.size(split) for split in ("train", "dev", "test")}
    assert Counter(slot.split for slot in planned()) == sizes
    assert Counter(context.split for context in contexts()) == sizes
    assert len({slot.triple_id for slot in planned()}) == SETTINGS.total
    assert len({context.context_id for context in contexts()}) == SETTINGS.total


def test_genders_and_their_groups_differ_by_at_most_one_inside_a_cluster() -> None:
    by_cluster: dict[str, list[Context]] = defaultdict(list)
    for context in contexts():
        by_cluster[context.cluster_id].append(context)
    assert len(by_cluster) > 3
    for found in by_cluster.values():
        genders = [sum(c.gender == g for c in found) for g in ("female", "male")]
        assert abs(genders[0] - genders[1]) <= 1
        pairs = Counter((c.gender, c.name_group) for c in found)
        counts = [
            pairs[gender, group]
            for gender in ("female", "male")
            for group in ("east", "north", "south")
        ]
        assert max(counts) - min(counts) <= 1


def test_clusters_do_not_all_begin_with_the_same_gender_and_group() -> None:
    first = {(slot.gender, slot.name_group) for slot in planned() if slot.index == 0}
    assert len(first) > 1


def test_every_cluster_with_a_start_of_a_split_gets_its_share() -> None:
    here = world()
    for split in ("train", "dev", "test"):
        holding = [i for i, starts in enumerate(here.starts) if starts.get(split)]
        counts = Counter(slot.cluster for slot in planned() if slot.split == split)
        expected = SETTINGS.size(split) / len(holding)
        assert set(counts) <= set(holding)
        assert all(abs(counts[i] - expected) < 5 * expected**0.5 + 1 for i in holding)


def test_a_split_that_no_cluster_can_start_is_refused() -> None:
    here = world(settings=SamplingSettings(1_000_000, 1, 1, held_out_share=0.0))
    assert set(here.splits) == {"train"}
    with pytest.raises(InputError, match="no cluster has a start occupation for the dev split"):
        plan_slots(here)


def test_a_build_with_sizes_that_cannot_be_drawn_ends_with_code_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "rjdb/contexts: no cluster has a start occupation for the dev split; add": (
            "train=1000000",
            "dev=1",
            "test=0",
            "held_out_share=0",
        ),
        "train=0, dev=0, test=0": ("train=0", "dev=0", "test=0"),
        "train=-3": ("train=-3",),
    }
    for words, sizes in wrong.items():
        changes = [part for size in sizes for part in ("--set", f"rjdb/contexts.{size}")]
        assert build(tmp_path / "lake", *changes) == 2
        assert words in one_line(capsys)


@pytest.mark.parametrize(
    ("sizes", "shares"),
    [
        ((50_000, 1_000, 1_000), (0.05, 0.05)),
        ((10, 0, 10), (0.0, 0.5)),
        ((9, 0, 0), (0.0, 0.0)),
        ((5, 5, 5), (1 / 3, 1 / 3)),
    ],
)
def test_shares_of_the_held_out_splits(
    sizes: tuple[int, int, int], shares: tuple[float, float]
) -> None:
    settings = SamplingSettings(*sizes)
    assert (settings.share("dev"), settings.share("test")) == shares


# -- what each context holds ----------------------------------------------------------------


def test_no_context_has_a_fault() -> None:
    assert not {c.context_id: faults_of(c) for c in contexts() if faults_of(c)}


def test_experiences_are_contiguous_years_with_the_start_occupation_latest() -> None:
    for context in contexts():
        jobs = context.experiences
        assert 1 <= len(jobs) <= 5
        assert all(1 <= job.years <= 5 and job.end - job.start == job.years for job in jobs)
        assert all(a.start == b.end for a, b in zip(jobs, jobs[1:], strict=False))
        assert 2015 <= jobs[0].end <= 2023
        assert jobs[0].title == context.occupation
        assert len({fold(job.title) for job in jobs}) == len(jobs)
        assert {job.title for job in jobs} <= members(context)


def test_all_ends_of_the_ranges_occur_and_means_are_in_the_middle() -> None:
    found = contexts()
    jobs = [job for context in found for job in context.experiences]
    assert {len(c.experiences) for c in found} == {1, 2, 3, 4, 5}
    assert {job.years for job in jobs} == {1, 2, 3, 4, 5}
    assert {c.experiences[0].end for c in found} == set(range(2015, 2024))
    assert {len(c.removed_skills) for c in found} == {1, 2, 3, 4, 5}
    assert 2.7 < sum(len(c.experiences) for c in found) / len(found) < 3.3
    assert 2.8 < sum(job.years for job in jobs) / len(jobs) < 3.2
    cut = [c.shortened.years_before - c.shortened.years_after for c in found]
    assert set(cut) == {1, 2, 3, 4, 5} and 0 in {c.shortened.years_after for c in found}


def test_skills_are_those_of_the_cluster_and_as_many_as_wanted() -> None:
    skills_of = neighbours()
    for context in contexts():
        around = set().union(*(skills_of[title] for title in members(context)))
        assert set(context.skills) <= around
        assert len({tuple(tokens(s)) for s in context.skills}) == len(context.skills) == WANTED


def test_a_removed_skill_stands_in_no_other_skill_and_in_no_title() -> None:
    tricky = 0
    for context in contexts():
        removed = context.removed_skills
        assert 1 <= len(removed) <= 5 and len(removed) < len(context.skills)
        assert list(removed) == [skill for skill in context.skills if skill in removed]
        titles = [job.title for job in context.experiences]
        for skill in removed:
            others = [other for other in context.skills if other != skill]
            assert not any(holds(text, skill) for text in [*others, *titles])
        tricky += any(holds(text, s) for s in context.skills for text in titles)
    assert tricky > 40  # contexts in which a rule was needed


def test_of_few_skills_at_least_one_stays() -> None:
    here = world()
    for slot in planned()[::5]:
        context = drawn(here, slot, wanted=2)
        assert (len(context.skills), len(context.removed_skills)) == (2, 1)
        assert len(context.plan("unmatched").skills) == 1


def test_a_put_in_skill_is_a_stranger_to_the_context() -> None:
    skills_of = neighbours()
    for context in contexts():
        put_in = [swap.put_in for swap in context.swaps]
        assert tuple(swap.removed for swap in context.swaps) == context.removed_skills
        titles = [job.title for job in context.experiences]
        taken = {word for text in [*context.skills, *titles] for word in tokens(text)}
        around = set().union(*(skills_of[title] for title in members(context)))
        linked = set().union(*(skills_of[title] for title in titles))
        assert set(put_in) <= around - linked
        words = [word for skill in put_in for word in set(tokens(skill))]
        assert taken.isdisjoint(words)
        assert len(set(words)) == len(words)


def test_a_put_in_skill_shares_no_concept_with_what_is_asked_for_or_with_another() -> None:
    here = world()
    odd = {name: f"uri:{i % 4}" for i, name in enumerate(sorted(here.graph.skills))}
    of_skill = {name: frozenset({uri}) for name, uri in odd.items()}
    linked = replace(here, concepts=SharedConcepts(of_skill=of_skill))
    drawn_now = 0
    for slot in planned()[::7]:
        for attempt in range(6):
            start = draw_start(linked, slot, attempt)
            try:
                found = walk_from(linked, start, 2)
                context = lay_out(linked, start, found, found.occupations[:0:-1])
            except NoContext:
                continue
            asked = {odd[skill] for skill in context.skills}
            put_in = [odd[swap.put_in] for swap in context.swaps]
            assert asked.isdisjoint(put_in) and len(set(put_in)) == len(put_in)
            drawn_now += 1
    assert drawn_now > 20


def test_the_latest_experience_is_shortened_by_one_to_all_of_its_years() -> None:
    for context in contexts():
        shortened, latest = context.shortened, context.experiences[0]
        assert (shortened.title, shortened.years_before) == (latest.title, latest.years)
        assert 0 <= shortened.years_after <= latest.years - 1


def test_the_start_occupations_split_is_the_slots() -> None:
    here = world()
    splits = dict(zip(here.graph.titles, here.splits, strict=True))
    assert all(splits[context.occupation] == context.split for context in contexts())
    assert {c.occupation for c in contexts() if c.split == "test"}.isdisjoint(
        c.occupation for c in contexts() if c.split != "test"
    )


def test_names_are_of_the_slots_gender_and_group_and_all_are_used() -> None:
    names = world().names.names
    used = Counter((c.gender, c.name_group, c.first_name) for c in contexts())
    assert set(used) == {(g, group, n) for (g, group), found in names.items() for n in found}
    pairs = zip(planned(), contexts(), strict=True)
    assert all((s.gender, s.name_group) == (c.gender, c.name_group) for s, c in pairs)


def test_a_walk_with_too_few_skills_is_no_context() -> None:
    here = world(settings=SamplingSettings(5, 0, 0, fewest_skills=WANTED + 1))
    start = draw_start(here, plan_slots(here)[0], 0)
    with pytest.raises(NoContext, match="too_few_skills"):
        walk_from(here, start, WANTED)


# -- plans ----------------------------------------------------------------------------------


def test_plans_of_the_three_resumes() -> None:
    for context in contexts():
        skills, jobs = context.skills, context.experiences
        put_in = {swap.removed: swap.put_in for swap in context.swaps}
        after = context.shortened.years_after
        matched, unmatched, swapped = (context.plan(kind) for kind in RESUME_KINDS)
        assert (matched.skills, matched.experiences) == (skills, jobs)
        assert unmatched.skills == tuple(s for s in skills if s not in put_in)
        assert swapped.skills == tuple(put_in.get(s, s) for s in skills)
        assert unmatched.experiences[-len(jobs[1:]) or len(jobs) :] == jobs[1:]
        assert len(unmatched.experiences) == len(jobs) - (after == 0)
        assert len(swapped.experiences) == len(jobs) and swapped.experiences[1:] == jobs[1:]
        latest = swapped.experiences[0]
        assert (latest.title, latest.start) == (jobs[0].title, jobs[0].start)
        assert latest.years == latest.end - latest.start == max(1, after)
        if after:
            assert unmatched.experiences == swapped.experiences


def test_draws_depend_on_slot_and_attempt_alone() -> None:
    here, slot = world(), planned()[5]
    values = [draw_start(here, slot, attempt).draws.below(1 << 30) for attempt in range(8)]
    again = [draw_start(world(), slot, attempt).draws.below(1 << 30) for attempt in range(8)]
    assert values == again and len(set(values)) == 8
