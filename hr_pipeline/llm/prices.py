"""Prices of models: from a dated file that comes with the package, and from the user's own."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.bill import Price
from hr_pipeline.llm.weights import is_local

VARIABLE = "HR_PIPELINE_PRICES"
BATCH_SHARE = 0.5
_NUMBERS = ("prompt", "completion", "batch_share", "rpm", "tpm")
_FIELDS = {"as_of", "source", "batch_share", "models"}
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}\Z")
_MEND = "see docs/plan.md for its shape"


@dataclass(frozen=True)
class ModelPrice:
    """US dollars per million tokens, live and in the batch lane; requests and tokens a minute of a
    usual account, None where not known; when and where the figures were read."""

    price: Price
    batch_price: Price
    rpm: float | None
    tpm: float | None
    as_of: str
    source: str


FREE = ModelPrice(
    Price(0, 0), Price(0, 0), None, None, "", "it runs on this machine and costs nothing"
)


@dataclass(frozen=True)
class Prices:
    """Prices by model."""

    models: Mapping[str, ModelPrice]

    def of(self, model: str) -> ModelPrice | None:
        """A dated snapshot ("gpt-4o-2024-08-06") that is not listed has its family's price; a model
        that runs on this machine has none to pay."""
        if is_local(model):
            return FREE
        return self.models.get(model) or self.models.get(_SNAPSHOT.sub("", model))


def load_prices(path: str | None = None) -> Prices:
    """Ours, under those of the file at `path`, or at $HR_PIPELINE_PRICES where no path is given.

    InputError for a file that is not there or not of the shape of ours.
    """
    ours = (files("hr_pipeline.llm") / "prices.yaml").read_text(encoding="utf-8")
    models = _read(ours, "prices.yaml")
    path = path or os.environ.get(VARIABLE)
    if path:
        models |= _read(_text(path), path)
    return Prices(models)


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"the prices cannot be read ({reason})", path, _MEND) from error


def _read(text: str, where: str) -> dict[str, ModelPrice]:
    import yaml

    try:
        held = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"the prices are not YAML ({reason})", where, _MEND) from error
    models = held.get("models") if isinstance(held, dict) else None
    if not isinstance(models, dict) or not set(held) <= _FIELDS:
        raise InputError("the prices hold as_of, source, batch_share and models", where, _MEND)
    return {str(name): _price(str(name), fields, held, where) for name, fields in models.items()}


def _price(name: str, fields: Any, held: dict[str, Any], where: str) -> ModelPrice:
    if not isinstance(fields, dict) or not {"prompt", "completion"} <= set(fields) <= {*_NUMBERS}:
        others = ", ".join(_NUMBERS[2:])
        reason = f"the price of {name} has prompt and completion, and may have {others}"
        raise InputError(reason, where, _MEND)
    given = {"batch_share": held.get("batch_share", BATCH_SHARE)} | fields
    for field, value in given.items():
        if not _is_amount(value):
            raise InputError(f"{field} of {name} is no number of 0 or more", where, _MEND)
    price, share = Price(given["prompt"], given["completion"]), given["batch_share"]
    return ModelPrice(
        price,
        Price(price.prompt * share, price.completion * share),
        given.get("rpm") or None,
        given.get("tpm") or None,
        str(held.get("as_of") or ""),
        str(held.get("source") or where),
    )


def _is_amount(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and isfinite(value) and value >= 0
