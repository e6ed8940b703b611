"""What README, datasheet and Croissant file say in the same words."""

import json
import shlex
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.llm.weights import is_local
from hr_pipeline.quality.cards.facts import Config, Fact, Facts, Paid
from hr_pipeline.sources.licences import Licence

CITATION = """@article{pezeshkpour2023distilling,
  title = {Distilling Large Language Models using Skill-Occupation Graph Context for {HR}-Related Tasks},
  author = {Pezeshkpour, Pouya and Iso, Hayate and Lake, Thom and Bhutani, Nikita and Hruschka, Estevam},
  journal = {arXiv preprint arXiv:2311.06383},
  year = {2023}
}"""  # noqa: E501 (a line is a field)
HEADINGS = {
    "integrity": "Whether labels can be trusted",
    "shortcuts": "The floor: the best rule that does not read",
    "ladder": "How the rules follow the gap, and take ties",
    "judges": "What the judge says",
    "balance": "Names, genders and groups",
    "bias": "Names exchanged: what matchers make of it",
    "diversity": "How much the documents repeat themselves",
    "overlap": "What the held-out splits share with train",
    "statistics": "Beside the paper",
}


def title(facts: Facts) -> str:
    """Name of the release for people."""
    marked = " (template data, not a benchmark)" if facts.notice.value else ""
    return f"RJDB, rebuilt{marked}"


def describe(config: Config) -> str:
    """What a config holds, in a line."""
    return CONTRACTS[config.dataset].description.replace("|", "/")


def count(config: Config, split: str) -> str:
    return f"{config.rows.get(split, 0):,}"


def paid(bill: Paid) -> str:
    """The bill in a sentence."""
    if not bill.calls:
        return "nothing: no model was asked"
    work = f"{bill.calls:,} calls, {bill.prompt_tokens:,} + {bill.completion_tokens:,} tokens"
    if bill.dollars is None:
        return f"{work}; no price is known for the model"
    return f"${bill.dollars:,.2f} at most, for {work}, at {bill.prices}"


def plain(held: dict[str, Any]) -> str:
    """Settings as "name value, name value"."""
    return ", ".join(
        f"{name} {json.dumps(value)}" for name, value in sorted(held.items()) if value != {}
    )


def terms(licence: Licence) -> str:
    return f"[{licence.name}]({licence.url})" if licence.url else licence.name


def has_dice(facts: Facts) -> bool:
    return any(source.need == "dice" for source in facts.sources.value)


def attributions(facts: Facts) -> list[str]:
    """The lines that go with the release, each once."""
    lines = (source.licence.attribution for source in facts.sources.value)
    return list(dict.fromkeys(line for line in lines if line))


def teacher_terms(facts: Facts) -> str:
    """What is known of the terms on the teacher's replies."""
    if facts.teacher.value == TEMPLATE:
        return "Rules of hr_pipeline (Apache-2.0) wrote the documents; no model's terms apply."
    return (
        f"The documents are replies of `{facts.teacher.value}`. Its provider's terms may limit "
        "what they are used for (training of other models above all): **check them before "
        "publishing**; this card does not know them."
    )


def rebuild_command(facts: Facts) -> str:
    """The command that makes the release again."""
    words = ["hr-pipeline", "build", "rjdb", "quality", "--seed", str(facts.seed.value)]
    model = facts.teacher.value
    if is_local(model):
        words += ["--teacher", "local", "--model", model.rpartition("@")[0]]
    elif model != TEMPLATE:
        words += ["--teacher", "openai", "--model", model]
    if not has_dice(facts):
        words += ["--without", "dice"]
    for dataset, fact in (("rjdb/contexts", facts.contexts), ("rjdb/triples", facts.writing)):
        for name, value in sorted(fact.value.items()):
            told = value if isinstance(value, str) else json.dumps(value)
            words += ["--set", f"{dataset}.{name}={told}"]
    return shlex.join(words).replace(" --set ", " \\\n    --set ")


def evidence(facts: Facts) -> dict[str, str]:
    """Name of each fact -> where it was read; what all snapshots of the lineage say is said so."""
    everything = facts.lineage.evidence
    return {
        name: "the lineage" if fact.evidence == everything else ", ".join(fact.evidence)
        for name, fact in all_facts(facts)
    }


def all_facts(facts: Facts) -> Iterator[tuple[str, Fact[Any]]]:
    for field in fields(facts):
        held = getattr(facts, field.name)
        yield from held.items() if isinstance(held, dict) else [(field.name, held)]


def page(name: str, words: dict[str, Any], filters: dict[str, Callable[..., Any]]) -> str:
    """A page of this room with these words; a word that it lacks is an error."""
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
    )
    environment.filters |= filters
    text = (files("hr_pipeline.quality.cards") / "pages" / name).read_text(encoding="utf-8")
    return environment.from_string(text).render(words)
