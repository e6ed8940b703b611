"""Keys drawn by their hashes, and rows picked out of batches."""

import pyarrow as pa

from hr_pipeline.lake.picked import drawn, most_frequent, rows_among
from hr_pipeline.lake.rng import digest

KEYS = [f"t{i}" for i in range(100)]


def test_a_draw_depends_on_the_seed_and_neither_on_order_nor_on_others() -> None:
    found = drawn(KEYS, 10, 1, "stage")
    assert found == drawn(reversed(KEYS), 10, 1, "stage") == drawn(KEYS, 20, 1, "stage")[:10]
    assert found == sorted(KEYS, key=lambda key: digest(1, "stage", key))[:10]
    assert found != drawn(KEYS, 10, 2, "stage") and found != drawn(KEYS, 10, 1, "other")
    without = [key for key in KEYS if key != found[0]]
    assert drawn(without, 10, 1, "stage")[:9] == found[1:]
    assert len(drawn(KEYS, 1_000, 1, "stage")) == 100 and not drawn(KEYS, 0, 1, "stage")


def test_the_first_of_the_alphabet_is_taken_among_the_most_frequent() -> None:
    assert most_frequent({"Zig": 2, "Ada": 1, "Perl": 2}) == "Perl"


def test_rows_are_picked_in_their_order() -> None:
    table = pa.table({"name": ["c", None, "a", "b", "a"], "n": [0, 1, 2, 3, 4]})
    found = rows_among(table.to_batches(max_chunksize=2), "name", {"a", "c", "x"})
    assert [row["n"] for row in found] == [0, 2, 4]
    assert not list(rows_among(table.to_batches(), "name", ()))
