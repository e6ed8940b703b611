"""A snapshot's name: equal for equal rows however they lie in memory, other for other rows."""

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_rows import CONTRACT, rows, version_of

from hr_pipeline.lake.content import HASH_ROWS, ContentHash

SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.int32()),
        ("real", pa.float64()),
        ("flag", pa.bool_()),
        ("texts", pa.list_(pa.string())),
        ("nested", pa.list_(pa.struct([("a", pa.string()), ("b", pa.list_(pa.int64()))]))),
        ("struct", pa.struct([("a", pa.string()), ("b", pa.int32())])),
    ]
)
TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
INTEGER = st.none() | st.integers(-2, 2)
ROW = st.fixed_dictionaries(
    {
        "text": TEXT,
        "number": INTEGER,
        "real": st.none() | st.sampled_from([0.0, 0.5, -1e300]),
        "flag": st.none() | st.booleans(),
        "texts": st.none() | st.lists(TEXT, max_size=2),
        "nested": st.none()
        | st.lists(
            st.none()
            | st.fixed_dictionaries({"a": TEXT, "b": st.none() | st.lists(INTEGER, max_size=2)}),
            max_size=2,
        ),
        "struct": st.none() | st.fixed_dictionaries({"a": TEXT, "b": INTEGER}),
    }
)
ROWS = st.lists(ROW, max_size=6)


def table_of(content: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(content, schema=SCHEMA)


@settings(max_examples=150, deadline=None)
@given(ROWS, ROWS, ROWS, st.integers(0, 6))
def test_chunks_and_offsets_do_not_change_the_version(
    before: list[dict[str, Any]],
    content: list[dict[str, Any]],
    after: list[dict[str, Any]],
    cut: int,
) -> None:
    version = version_of(table_of(content), SCHEMA)
    inside = table_of(before + content + after).slice(len(before), len(content))
    assert version_of(inside, SCHEMA) == version
    assert (
        version_of(pa.concat_tables([inside.slice(0, cut), inside.slice(cut)]), SCHEMA) == version
    )
    assert version_of(pa.concat_tables([inside.slice(0, 0), inside]), SCHEMA) == version


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_versions_are_equal_exactly_where_the_rows_are(data: st.DataObject) -> None:
    first = data.draw(ROWS)
    second = list(first)
    if second and data.draw(st.booleans()):  # one field of one row
        i, name = (
            data.draw(st.integers(0, len(second) - 1)),
            data.draw(st.sampled_from(SCHEMA.names)),
        )
        second[i] = second[i] | {name: data.draw(ROW)[name]}
    else:
        second = data.draw(st.permutations(first) | st.just(first + first[-1:]))
    same_version = version_of(table_of(first), SCHEMA) == version_of(table_of(second), SCHEMA)
    assert same_version == (first == second)


def test_one_null_row_more_is_another_version_even_where_all_columns_are_null() -> None:
    nulls = [dict.fromkeys(SCHEMA.names)] * 9
    versions = {version_of(table_of(nulls[:n]), SCHEMA) for n in range(10)}
    assert len(versions) == 10


def test_what_lies_hidden_under_a_null_does_not_count() -> None:
    kind = pa.list_(pa.int32())
    schema = pa.schema([("v", kind)])
    hidden = pa.ListArray.from_arrays(
        pa.array([0, 1, 3, 4], pa.int32()),
        pa.array([1, 8, 9, 2], pa.int32()),
        mask=pa.array([False, True, False]),
    )
    plain = pa.array([[1], None, [2]], kind)
    assert version_of(pa.table([hidden], schema), schema) == version_of(
        pa.table([plain], schema), schema
    )
    kind = pa.struct([("a", pa.string())])
    schema = pa.schema([("v", kind)])
    covered = pa.StructArray.from_arrays(
        [pa.array(["x", "hidden"])], names=["a"], mask=pa.array([False, True])
    )
    plain = pa.array([{"a": "x"}, None], kind)
    assert version_of(pa.table([covered], schema), schema) == version_of(
        pa.table([plain], schema), schema
    )


def test_a_table_fed_in_steps_has_the_version_of_the_whole() -> None:
    table = rows(3 * HASH_ROWS + 5)
    stepwise = ContentHash(CONTRACT.schema())
    for start in (0, 2 * HASH_ROWS):
        stepwise.feed(table.slice(start, 2 * HASH_ROWS))
    assert stepwise.version() == version_of(table)


def test_the_words_between_neighbours_do_not_run_together() -> None:
    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    versions = {
        version_of(pa.table([[a], [b]], schema), schema)
        for a, b in [
            ("ab", "c"),
            ("a", "bc"),
            ("abc", ""),
            ("", "abc"),
            ("é", "é"),
            ("e\u0301", "é"),
        ]
    }
    assert len(versions) == 6


LONG = "words " * 60


@pytest.mark.parametrize(
    "other",
    [
        pa.schema([pa.field("b", pa.int32(), metadata={"d": LONG})], metadata={"n": LONG}),
        pa.schema([pa.field("a", pa.int64(), metadata={"d": LONG})], metadata={"n": LONG}),
        pa.schema([pa.field("a", pa.int32(), False, metadata={"d": LONG})], metadata={"n": LONG}),
        pa.schema([pa.field("a", pa.int32(), metadata={"d": LONG + "x"})], metadata={"n": LONG}),
        pa.schema([pa.field("a", pa.int32(), metadata={"d": LONG})], metadata={"n": LONG + "x"}),
        pa.schema([pa.field("a", pa.int32(), metadata={"d": LONG})]),
    ],
)
def test_the_schema_is_part_of_the_version_to_its_last_word(other: pa.Schema) -> None:
    schema = pa.schema([pa.field("a", pa.int32(), metadata={"d": LONG})], metadata={"n": LONG})
    assert ContentHash(schema).version() != ContentHash(other).version()


def test_the_order_of_metadata_does_not_matter() -> None:
    pairs = [(f"k{i}", "v") for i in range(9)]
    versions = set[str]()
    for _ in range(5):
        random.Random(len(versions)).shuffle(pairs)
        field = pa.field("a", pa.int32(), metadata=dict(pairs))
        versions.add(ContentHash(pa.schema([field], metadata=dict(pairs))).version())
    assert len(versions) == 1


def test_a_column_whose_bytes_would_be_addresses_is_refused() -> None:
    schema = pa.schema([("a", pa.large_string())])
    with pytest.raises(TypeError, match="large_string"):
        version_of(pa.table([["x"]], schema), schema)


def test_the_version_of_known_rows_stays_what_it_is() -> None:
    """Changing this renames every snapshot of every lake: say so in the changelog."""
    assert version_of(rows(2_000)) == "b45f1d5551a3abb2"
