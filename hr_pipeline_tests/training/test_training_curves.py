"""What people see of a training in the UI."""

import base64
import io

import pytest

from hr_pipeline.lake.rng import rng
from hr_pipeline.training.runs.curves import (
    below_floors,
    curve_picture,
    results_picture,
    stretched,
    told,
    without_front_matter,
)

ROW = {"model": "matcher", "task": "matching", "metric": "f1", "value": 0.5}
FLOORS = dict.fromkeys(("majority", "lexical", "paper_teacher", "paper_student"))


def points(steps: int) -> list[dict[str, float]]:
    draw = rng(1, "test", "curve")
    noise = draw.normal(size=(steps, 4))
    names = ("loss", "logits", "learning_rate", "grad_norm")
    return [
        {"step": step, **{name: 3.0 + float(value) for name, value in zip(names, row, strict=True)}}
        for step, row in enumerate(noise)
    ]


def png(markdown: str) -> bytes:
    return base64.b64decode(markdown.removeprefix("![plot](data:image/png;base64,").rstrip(")"))


def test_a_long_curve_is_a_small_picture() -> None:
    """Dagster keeps each picture in its event log: 50 kB are the most."""
    image = pytest.importorskip("PIL.Image")
    picture = curve_picture(points(20_000), "written by the template teacher: not a benchmark")
    assert len(picture) < 50_000
    with image.open(io.BytesIO(png(picture))) as shown:
        assert shown.width > 2 * shown.height, "losses, learning rate and gradients side by side"


def test_equal_curves_are_equal_pictures() -> None:
    assert curve_picture(points(50)) == curve_picture(points(50))
    assert curve_picture([]) == ""


def test_neighbours_are_drawn_by_their_mean() -> None:
    drawn = stretched([(step, float(step % 2)) for step in range(1, 1001)], most=100)
    assert len(drawn) == 100 and drawn[-1] == (1000, 0.5)
    assert {value for _, value in drawn} == {0.5}
    assert stretched([(1, 2.0), (2, 3.0)], most=100) == [(1, 2.0), (2, 3.0)]


@pytest.mark.parametrize(
    ("floors", "below"),
    [
        ({"majority": 0.4, "lexical": 0.3}, []),
        ({"majority": 0.5}, ["majority 0.500"]),
        ({"majority": 0.6, "lexical": 0.7}, ["majority 0.600", "lexical 0.700"]),
        ({}, []),
    ],
)
def test_measures_below_a_floor_are_told(floors: dict[str, float], below: list[str]) -> None:
    found = below_floors([ROW | FLOORS | floors])
    assert found == ({"matching: f1": ", ".join(["0.500", *below])} if below else {})


def test_measures_are_told_by_task() -> None:
    rows = [ROW, ROW | {"metric": "accuracy"}, ROW | {"task": "explaining", "value": 0.25}]
    assert told(rows) == "matching: f1 0.500, accuracy 0.500; explaining: f1 0.250"
    assert told([]) == "nothing was measured"


def test_a_card_is_shown_without_what_the_hub_reads() -> None:
    assert without_front_matter("---\nbase_model: tiny\n---\n\n# matcher\n") == "# matcher\n"
    assert without_front_matter("# matcher\n---\nrest\n") == "# matcher\n---\nrest\n"


def test_results_are_a_picture_that_the_log_can_hold() -> None:
    """The first measure of each task is drawn, the table has all."""
    rows = [ROW | FLOORS | {"task": f"task {n}", "majority": 0.4} for n in range(30)]
    picture = results_picture(rows)
    assert 5_000 < len(picture) < 80_000
    assert results_picture([*rows, ROW | FLOORS | {"task": "task 3", "metric": "f2"}]) == picture
    assert results_picture([]) == ""
