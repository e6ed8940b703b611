"""How embedders are named: see `open_embedder`."""

from pathlib import Path

ENDPOINT = "openai:"  # begins the name of a model behind an endpoint


def names_in(model: str) -> list[str]:
    """The embedders that are named: "A+B" names two, but where a folder is called so."""
    return [model] if Path(model).is_dir() else model.split("+")
