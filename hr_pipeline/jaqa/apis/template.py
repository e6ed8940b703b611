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
_SHORTEST_PART = 5  # letters of a word that may stand inside a longer one
_SEPARATORS = re.compile(r"[^\w+#]+|_|(?<=[a-z])(?=[A-Z])")  # humps of "JsonParser" too
_EVERYWHERE = frozenset(  # words that say nothing of what an API is for
    (
        *("api", "app", "apps", "client", "com", "common", "core", "data", "io", "java"),
        *("javascript", "org", "python", "sdk"),
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
    """The known ones, else those whose name is in the skill's; in the order of the candidates."""
    key = skill_key(skill)
    known = _known().get(key)
    if known is not None and not known:
        return []
    chosen = [name for name in candidates if name in (known or ())]
    return (chosen or [name for name in candidates if _alike(key, name)])[:_MOST]


def _alike(key: str, name: str) -> bool:
    """Whether a telling word of the skill is one of the API's, or the longer holds the shorter."""
    words = [word for word in tokens(_SEPARATORS.sub(" ", name)) if word not in _EVERYWHERE]
    for asked in set(key.split()) - _EVERYWHERE:
        for word in words:
            shorter, longer = sorted((asked, word), key=len)
            if asked == word or (len(shorter) >= _SHORTEST_PART and shorter in longer):
                return True
    return False
