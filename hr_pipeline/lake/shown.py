"""What people look at in the UI: plots and tables as Markdown, small enough for an event log."""

import base64
import io
import math
from collections.abc import Callable
from typing import Any

import pyarrow as pa

_CELL = 160  # characters shown of a value


Draw = Callable[[Any], None]  # gets a matplotlib Axes


def pictures(draws: list[Draw], size: tuple[float, float] = (6.4, 3.2)) -> str:
    """Markdown of one PNG with several plots side by side; nothing where there are none."""
    return f"![plot]({_data_uri(draws, size, 'png')})" if draws else ""


def picture(draws: list[Draw], size: tuple[float, float] = (6.4, 3.2)) -> str:
    """The same as the data URI of an SVG, for a page."""
    return _data_uri(draws, size, "svg")


def _data_uri(draws: list[Draw], size: tuple[float, float], form: str) -> str:
    media_type = "image/svg+xml" if form == "svg" else "image/png"
    return f"data:{media_type};base64,{base64.b64encode(image(draws, size, form)).decode()}"


def image(draws: list[Draw], size: tuple[float, float] = (6.4, 3.2), form: str = "png") -> bytes:
    """A file, png or svg, of several plots side by side, at least one; `size`: inches of each."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # Equal plots are equal bytes: no date, no random ids.
    with rc_context({"svg.hashsalt": "hr-pipeline", "svg.fonttype": "none"}):
        figure = Figure(figsize=(size[0] * len(draws), size[1]), dpi=72, layout="constrained")
        FigureCanvasAgg(figure)
        for axes, draw in zip(figure.subplots(1, len(draws), squeeze=False)[0], draws, strict=True):
            draw(axes)
            axes.spines[["top", "right"]].set_visible(False)
        data = io.BytesIO()
        figure.savefig(data, format=form, metadata={"Date": None} if form == "svg" else None)
    return data.getvalue()


def markdown_table(table: pa.Table) -> str:
    """All rows of a small table; long values are cut."""
    names = table.column_names
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    lines += ["| " + " | ".join(map(_cell, row.values())) + " |" for row in table.to_pylist()]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value):
        form = ",.0f" if value.is_integer() else ",.3g" if abs(value) < 1 else ",.2f"
        return format(value, form)
    text = " ".join(str(value).split()).replace("|", "\\|")
    return text if len(text) <= _CELL else text[:_CELL] + "..."
