"""How the template teacher chooses APIs: by names that are alike, and a small table of its own."""

import re
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

from hr_pipeline.jaqa.keys import skill_key
from hr_pipeline.llm.template import written_as_json
from hr_pipeline.text.phrases import tokens

_MOST = 4
_STRANGER_RATE = 0.02
_SEPARATORS = re.compile(
    r"[^\w+#]+|_|(?<=[a-z])(?=[A-Z])|(?<=\w)(?=js\b)"
)  # "JsonParser", "kafkajs"
_AFFIXES = frozenset(  # words that tell no API from another
    tokens(
        "apache api app cli client com connector core driver framework io java javascript js lib "
        "library net node org python sdk software tool types utils"
    )
)


@cache
def _known() -> dict[str, frozenset[str]]:
    """Skill key -> names of APIs that it is known to need."""
    text = (files("hr_pipeline.jaqa.apis") / "template_apis.yaml").read_text(encoding="utf-8")
    table = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return {skill_key(skill): frozenset(apis) for skill, apis in table.items()}


def choose(skill: str, candidates: tuple[str, ...], rng: np.random.Generator) -> str:
    """A reply as a model would write it; now and then with a name from outside the list."""
    chosen = chosen_by_rule(skill, candidates)
    if rng.random() < _STRANGER_RATE:
        chosen = [*chosen, f"{'-'.join(skill.casefold().split())}-toolkit"]
    style = int(rng.integers(10))
    if style < 7:
        return written_as_json("result", chosen, style)
    if not chosen:
        return ("None.", "No API is needed for this skill.", "[]")[style - 7]
    if style == 7:
        return "\n".join(f"{number}. {name}" for number, name in enumerate(chosen, 1))
    if style == 8:
        return f"For {skill} I would take {' and '.join(f'`{name}`' for name in chosen)}."
    return "\n".join(("Here are the names:\n", *(f"- {name}" for name in chosen)))


def chosen_by_rule(skill: str, candidates: tuple[str, ...]) -> list[str]:
    """The known ones, else those that are named as the skill; in the order of the candidates."""
    known, asked = _known().get(skill_key(skill)), _telling_words(skill)
    if known is not None and not known:
        return []
    chosen = [name for name in candidates if name in (known or ())]
    if not chosen and asked:
        chosen = [name for name in candidates if _telling_words(name.split(":")[-1]) == asked]
    return chosen[:_MOST]


def _telling_words(name: str) -> frozenset[str]:
    """The words of a skill or an API without what many names have: "PyTorch" is "torch",
    "@angular/core" is "angular", "React.js" is "react"."""
    words = set(tokens(_SEPARATORS.sub(" ", name))) - _AFFIXES
    return frozenset(word.removeprefix("py") for word in words) - {""}
