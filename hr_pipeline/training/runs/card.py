"""The card of a published model (README.md) and the facts beside it: what it was made from, how,
what it is worth. No clock time and no place of a machine, for a model's version is its files."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from hr_pipeline.lake.builds import Recipe
from hr_pipeline.llm.weights import ADAPTER
from hr_pipeline.training.measures.results import WIRING, as_markdown
from hr_pipeline.training.reporting import CURVE
from hr_pipeline.training.settings import TINY

CARD = "README.md"
METRICS = "metrics.json"
RECIPE = "recipe.json"
LIBRARIES = ("torch", "transformers", "peft", "trl")
_BASES = ("base ", "teacher ")  # begin the keys of a recipe's inputs that are models' places


@dataclass(frozen=True)
class Described:
    """A model that is to be published: its final files are in `folder`, `rows` tells what became of
    the rows that it read."""

    name: str
    about: str
    notice: str
    recipe: Recipe
    folder: Path
    metrics: list[dict[str, Any]]
    rows: dict[str, Any]

    def write(self, workspace: Path) -> None:
        """Put card, recipe, metrics, and the curve of the workspace, beside the weights."""
        facts = placeless(self.recipe)
        texts = {CARD: card(self, facts), METRICS: _json(self.metrics), RECIPE: _json(facts)}
        for name, text in texts.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        if (workspace / CURVE).exists():
            shutil.copyfile(workspace / CURVE, self.folder / CURVE)

    @property
    def model(self) -> str:
        """What it was trained from, as it was told."""
        return str(self.recipe.settings["config"]["model"])


def placeless(recipe: Recipe) -> dict[str, Any]:
    """The recipe with a name and a hash wherever a model's folder was told."""
    facts = asdict(recipe)
    models = {
        key.removeprefix(kind): name
        for key, name in recipe.inputs.items()
        for kind in _BASES
        if key.startswith(kind)
    }
    config = facts["settings"]["config"]
    for name in ("model", "teacher"):
        if name in config:
            config[name] = models.get(config[name], config[name])
    inputs = {
        key.split(" ")[0] if key.startswith(_BASES) else key: value
        for key, value in recipe.inputs.items()
    }
    return {**facts, "inputs": inputs, "libraries": {name: version(name) for name in LIBRARIES}}


def card(described: Described, facts: Mapping[str, Any]) -> str:
    """README.md, with the YAML on top that the Hugging Face Hub reads."""
    tiny = described.model == TINY
    notices = [one for one in described.notice.split("; ") if one] + ([WIRING] if tiny else [])
    whose = {"model": described.name, "base": TINY if tiny else facts["inputs"]["base"]}
    rows = [{**whose, **row} for row in described.metrics]
    parts = [
        f"# {described.name}",
        f"{described.about}. Trained by hr-pipeline.",
        *(f"**{notice}**" for notice in notices),
        "## Made from",
        "\n".join(_made_from(facts)),
        "## What it is worth",
        as_markdown(rows) if rows else "Nothing was measured.",
        "## Rows",
        "\n".join(f"- {_words(name)}: {_value(value)}" for name, value in described.rows.items()),
        "## Settings",
        "\n".join(f"- {name}: {_value(v)}" for name, v in facts["settings"]["config"].items()),
        f"`{RECIPE}` and `{METRICS}` hold this for programs; `{CURVE}`: the loss by step.",
    ]
    return f"---\n{_front_matter(described, facts)}---\n\n" + "\n\n".join(parts) + "\n"


def _front_matter(described: Described, facts: Mapping[str, Any]) -> str:
    """What the Hub understands; `hr_pipeline` is ours. Our datasets are no repositories of the Hub,
    which would link them, so they stand under our key."""
    adapter = (described.folder / ADAPTER).exists()
    known: dict[str, Any] = {"library_name": "peft" if adapter else "transformers"}
    if "/" in described.model and not Path(described.model).expanduser().exists():
        known["base_model"] = described.model
    known["tags"] = ["hr-pipeline", described.name]
    known["hr_pipeline"] = {
        "inputs": facts["inputs"],
        "seed": facts["seed"],
        "code_version": facts["code_version"],
    }
    return yaml.safe_dump(known, sort_keys=False, allow_unicode=True)


def _made_from(facts: Mapping[str, Any]) -> Iterator[str]:
    if "base" not in facts["inputs"]:
        yield "- base model: none, made from scratch"
    for name, made in facts["inputs"].items():
        yield f"- {name}: {made}"
    yield f"- seed: {facts['seed']}"
    yield f"- code: {facts['code_version']}"
    yield f"- with {', '.join(f'{name} {made}' for name, made in facts['libraries'].items())}"
    if "processes" in facts["settings"]:
        yield f"- processes: {facts['settings']['processes']}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
