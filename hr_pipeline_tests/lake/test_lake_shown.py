"""What the UI shows: tables that stay tables, pictures that are pictures."""

import base64
import io
from typing import Any

import matplotlib.image
import pyarrow as pa
import pytest

from hr_pipeline.lake.shown import markdown_table, pictures


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("a | b\n\tc", "a \\| b c"),
        (["x", None], "['x', None]"),
        (1234567, "1234567"),
        (12345.0, "12,345"),
        (1234.567, "1,234.57"),
        (0.0123456, "0.0123"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (True, "True"),
        ("z" * 160, "z" * 160),
        ("z" * 161, "z" * 160 + "..."),
    ],
)
def test_a_value_fits_one_cell(value: Any, cell: str) -> None:
    table = pa.table({"a": pa.array([value])})
    assert markdown_table(table) == f"| a |\n| --- |\n| {cell} |"


def test_an_empty_table_shows_its_columns() -> None:
    assert markdown_table(pa.table({"a": [], "b": []})) == "| a | b |\n| --- | --- |"


def test_pictures_are_one_png_with_a_plot_beside_the_other_and_repeat_exactly() -> None:
    def draw(axes: Any) -> None:
        axes.bar(["x", "y"], [1, 2])

    def pixels(text: str) -> Any:
        assert text.startswith("![plot](data:image/png;base64,") and text.endswith(")")
        data = base64.b64decode(text.split("base64,")[1][:-1], validate=True)
        return matplotlib.image.imread(io.BytesIO(data), format="png")

    one, two = pictures([draw]), pictures([draw, draw])
    assert pixels(two).shape[1] == pytest.approx(2 * pixels(one).shape[1], abs=1)
    assert pictures([draw]) == one


def test_no_plots_are_no_picture() -> None:
    assert pictures([]) == ""
