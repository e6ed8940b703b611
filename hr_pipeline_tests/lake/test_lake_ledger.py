"""The ledger: counts of what was lost, and a table that can always be written."""

from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import LEDGER_SCHEMA, Ledger
from hr_pipeline.lake.text import well_formed

ANY_TEXT = st.text(st.characters(), max_size=8)  # half characters too


def test_only_whole_rows_count_as_lost() -> None:
    ledger = Ledger()
    for step, cause in [("row", "a"), ("skill", "b"), ("row", "a"), ("row", "c"), ("skill", "b")]:
        ledger.add(step, "key", cause)
    assert ledger.lost_rows() == 3
    assert list(ledger.causes().items()) == [("row: a", 2), ("skill: b", 2), ("row: c", 1)]


def test_ledgers_do_not_share_their_rows() -> None:
    Ledger().add("row", "1", "lost")
    assert Ledger().lost_rows() == 0
    assert Ledger().table().num_rows == 0
    assert Ledger().table().schema == LEDGER_SCHEMA


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_text_a_model_may_send_can_be_stored(key: str, detail: str, raw: str) -> None:
    ledger = Ledger()
    ledger.add("row", key, "cause", detail, raw)
    contract = CONTRACTS["graph/edges_ledger"]
    stored = contract.conform(ledger.table(), contract.schema()).to_pylist()
    assert stored == [
        {
            "step": "row",
            "key": well_formed(key),
            "cause": "cause",
            "detail": well_formed(detail),
            "raw": well_formed(raw),
        }
    ]


@given(st.text())
def test_well_formed_text_stays_as_it_is(text: str) -> None:
    assert well_formed(text) == text


def test_half_characters_are_spelled_out() -> None:
    assert well_formed("a\ud83db\U0001f600") == "a\\ud83db\U0001f600"
