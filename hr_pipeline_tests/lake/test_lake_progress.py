"""Progress: the items as they came, and a line in the log now and then."""

import re
import threading
import time
from collections.abc import Iterator

import pytest

import hr_pipeline.lake.progress as module
from hr_pipeline.lake.progress import progress


def test_items_pass_unchanged_and_quick_work_logs_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines: list[str] = []
    assert list(progress(iter("abc"), "letters", 3, lines.append)) == ["a", "b", "c"]
    assert lines == []
    assert capsys.readouterr() == ("", "")  # no bar where no person looks


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0.04)
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LOOKS", 0.01)


@pytest.mark.usefixtures("impatient")
def test_a_line_says_how_far_how_fast_how_long_and_what_the_work_says() -> None:
    lines: list[str] = []
    items = progress(range(4), "rows", 1_000, lines.append, lambda: "7 calls")
    assert next(items) == 0
    time.sleep(0.1)
    assert list(items) == [1, 2, 3]
    said = r"rows: 1 of 1,000, [\d.]+ a second, [\d,]+ s left, 7 calls"
    assert lines and all(re.fullmatch(said, line) for line in lines), lines


@pytest.mark.usefixtures("impatient")
def test_it_is_told_while_the_first_item_is_waited_for_and_no_longer() -> None:
    lines: list[str] = []

    def slow() -> Iterator[int]:
        time.sleep(0.15)
        yield 1

    assert list(progress(slow(), "rows", 1, lines.append)) == [1]
    assert lines[0] == "rows: 0 of 1, 0.0 a second, time left not known"
    told = len(lines)
    time.sleep(0.1)
    assert len(lines) == told
    assert "progress" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.usefixtures("impatient")
def test_more_items_than_foretold_leave_no_negative_time() -> None:
    lines: list[str] = []
    for _ in progress(range(3), "rows", 1, lines.append):
        time.sleep(0.05)
    assert lines and not re.search(r"-\d", "".join(lines))


def test_items_are_drawn_one_at_a_time() -> None:
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for i in range(5):
            drawn.append(i)
            yield i

    items = progress(source(), "rows", 5, print)
    assert next(items) == 0 and drawn == [0]
