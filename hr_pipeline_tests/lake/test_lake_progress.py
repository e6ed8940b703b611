"""Progress: the items as they came, and a line in the log now and then."""

import re
from collections.abc import Iterator
from types import SimpleNamespace

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


def test_a_line_says_how_far_how_fast_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0, 10.0, 12.0, 25.0])
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    lines: list[str] = []
    items = progress(range(4), "rows", 1_000, lines.append)
    assert [next(items) for _ in range(4)] == [0, 1, 2, 3]
    assert lines == ["rows: 2 of 1,000, 0 a second, 4,990 s left"]
    assert next(items, None) is None
    assert lines[1:] == ["rows: 4 of 1,000, 0 a second, 6,225 s left"]


def test_more_items_than_foretold_leave_no_negative_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", 0.0)
    lines: list[str] = []
    list(progress(range(3), "rows", 1, lines.append))
    assert len(lines) == 3 and not re.search(r"-\d", "".join(lines))


def test_items_are_drawn_one_at_a_time() -> None:
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for i in range(5):
            drawn.append(i)
            yield i

    items = progress(source(), "rows", 5, print)
    assert next(items) == 0 and drawn == [0]
