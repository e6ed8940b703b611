"""First names: groups with both genders, and counts that stay even in every cluster."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.errors import InputError
from hr_pipeline.rjdb.names import FirstNames


def names_of(*rows: tuple[str, str, str]) -> FirstNames:
    """From rows of (name, gender, group)."""
    keys = ("first_name", "gender", "name_group")
    listed = [dict(zip(keys, row, strict=True)) for row in rows]
    return FirstNames.from_table(pa.Table.from_pylist(listed))


def of_groups(n: int) -> FirstNames:
    genders = ("female", "male")
    return names_of(*((f"{g}{i}", g, f"group {i}") for i in range(n) for g in genders))


def test_a_group_with_one_gender_is_left_out() -> None:
    names = names_of(("Ana", "female", "a"), ("Bo", "male", "b"), ("Cy", "female", "b"))
    assert names.groups == ("b",)
    assert {names.gender_and_group(1, "c0", i) for i in range(9)} == {
        ("female", "b"),
        ("male", "b"),
    }


def test_a_list_without_both_genders_in_any_group_is_the_users_fault() -> None:
    with pytest.raises(InputError, match="both genders"):
        names_of(("Ana", "female", "a"), ("Bo", "male", "b"))


def test_the_order_of_the_list_does_not_matter() -> None:
    rows = [("Ana", "female", "a"), ("Eva", "female", "a"), ("Bo", "male", "a")]
    assert names_of(*rows) == names_of(*rows[::-1])
    assert names_of(*rows).names["female", "a"] == ["Ana", "Eva"]


@given(st.integers(1, 7), st.integers(0, 40), st.integers(0, 5), st.text(max_size=5))
def test_counts_differ_by_at_most_one_after_any_number_of_contexts(
    n_groups: int, n_contexts: int, seed: int, cluster: str
) -> None:
    names = of_groups(n_groups)
    drawn = [names.gender_and_group(seed, cluster, index) for index in range(n_contexts)]
    genders = Counter({"female": 0, "male": 0})
    genders.update(gender for gender, _ in drawn)
    assert max(genders.values()) - min(genders.values()) <= 1
    pairs = Counter({key: 0 for key in names.names})
    pairs.update(drawn)
    assert max(pairs.values()) - min(pairs.values()) <= 1


def test_over_many_clusters_the_first_is_of_every_gender_and_group_alike() -> None:
    names = of_groups(3)
    first = Counter(names.gender_and_group(1, f"c{i:05d}", 0) for i in range(6_000))
    assert len(first) == 6
    assert all(880 < count < 1_120 for count in first.values())
