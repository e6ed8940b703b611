"""Text that any file can hold, and that lines up in a terminal."""

from collections.abc import Collection, Sequence


def well_formed(text: str) -> str:
    """The text with half characters spelled out: a model may send them, no file can hold them."""
    return text.encode("utf-8", "backslashreplace").decode()


def columns(rows: Sequence[Sequence[str]], left: Collection[int]) -> list[str]:
    """A line a row; columns of these numbers stand to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number in left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
