"""What a training can be told, and the profiles that say it: tiny (a CPU, minutes: a test of the
wiring, with models made from scratch) and paper (the published models and sizes, a GPU)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml

from hr_pipeline.lake.errors import InputError
from hr_pipeline.training.command import PROGRAMS

TINY = "tiny"  # as a model: made from scratch, on the data it is trained on
UNTUNED = "untuned"  # as a teacher: what models/teacher was before its fine-tuning
AUTO = "auto"
SCHEDULES = ("cosine", "linear", "constant")


@dataclass(frozen=True)
class Settings:
    """Of every trainer. `batch` is a device's; 0 stands for "all" where rows or steps are meant."""

    model: str = TINY
    epochs: float = 3.0
    steps: int = 0
    batch: int = 8
    accumulation: int = 1
    learning_rate: float = 1e-4
    schedule: str = "cosine"
    warmup_share: float = 0.0
    weight_decay: float = 0.0
    max_prompt: int = 1024
    max_answer: int = 256
    train_rows: int = 0
    evaluated: int = 0
    checkpoint_steps: int = 500
    log_steps: int = 10
    gradient_checkpointing: bool = False
    device: str = AUTO
    trust_remote_code: bool = False

    def check(self) -> None:
        """Values in their ranges; raises InputError."""
        least: dict[str, float] = {"batch": 1, "accumulation": 1, "max_prompt": 8, "max_answer": 1}
        least |= {"steps": 0, "train_rows": 0, "evaluated": 0, "checkpoint_steps": 1}
        least |= {"log_steps": 1, "warmup_share": 0, "weight_decay": 0}
        for name, number in least.items():
            if not getattr(self, name) >= number:  # nor is NaN
                raise InputError(f"at least {number:g} is needed", name)
        if not self.warmup_share < 1:
            raise InputError("it has to be in [0, 1)", "warmup_share")
        for name in ("epochs", "learning_rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError("it has to be above 0", name)
        for name, words in {"schedule": SCHEDULES, "device": (AUTO, "cpu", "cuda")}.items():
            if getattr(self, name) not in words:
                mend = f"use {', '.join(words)}"
                raise InputError(f"there is no {getattr(self, name)!r}", name, mend)
        if not self.model:
            raise InputError("no model is named", "model", "a folder, a name on the Hub, or tiny")

    def facts(self) -> dict[str, Any]:
        """What decides the weights: not where they are computed."""
        return {name: value for name, value in asdict(self).items() if name not in ("device",)}


@dataclass(frozen=True)
class LoraSettings(Settings):
    """Of trainers that leave the base model as it is and learn low-rank changes of it."""

    rank: int = 16
    lora_alpha: int = 32
    lora_dropout: float = 0.0
    targets: str = "all-linear"
    packing: bool = False

    def check(self) -> None:
        super().check()
        for name in ("rank", "lora_alpha"):
            if getattr(self, name) < 1:
                raise InputError("at least 1 is needed", name)
        if not 0 <= self.lora_dropout < 1:
            raise InputError("it has to be in [0, 1)", "lora_dropout")


@dataclass(frozen=True)
class DistillationSettings(LoraSettings):
    """KDJPPR 4.3, 5.3: weights alpha (logits) and beta (features), temperature tau. `teacher`: a
    folder or a name on the Hub; untuned: what models/teacher was trained from; empty: itself."""

    teacher: str = ""
    alpha: float = 1.0
    beta: float = 0.5
    tau: float = 3.0
    layers: str = "first"
    faithful: bool = False
    chunk: int = 1024

    @property
    def taught(self) -> bool:
        """Whether any loss needs the teacher."""
        return self.alpha > 0 or self.beta > 0

    def check(self) -> None:
        super().check()
        for name in ("alpha", "beta"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError("it has to be 0 or more", name)
        if not 0 < self.tau < math.inf:
            raise InputError("it has to be above 0", "tau")
        if self.layers not in ("first", "uniform"):
            raise InputError(f"there is no {self.layers!r}", "layers", "use first or uniform")
        if self.chunk < 1:
            raise InputError("at least 1 is needed", "chunk")
        if self.packing:
            raise InputError("the distillation packs no rows", "packing", "leave it out")


Kind = TypeVar("Kind", bound=Settings)


def settings_of(kind: type[Kind], name: str, profile: str, given: Iterable[str]) -> Kind:
    """The settings of trainer `name`: its defaults, what the profile says, then KEY=VALUE each.
    Raises InputError."""
    held = load_profile(profile)
    if name in PROGRAMS and name not in held:  # else a slip of the pen would train a tiny model
        raise InputError(f"it has no settings of {name}", profile, f"it has {', '.join(held)}")
    settings = changed(kind(), held.get(name, {}), f"profile {profile}, {name}")
    settings = changed(settings, dict(map(_parsed, given)), "--set")
    settings.check()
    return settings


def changed(settings: Kind, given: Mapping[str, Any], where: str) -> Kind:
    """The same settings with other values, each of the type of the old one. Raises InputError."""
    known = {one.name: type(getattr(settings, one.name)) for one in fields(settings)}
    if unknown := ", ".join(sorted(map(str, set(given) - set(known)))):
        raise InputError(f"there is no {unknown}", where, f"there are {', '.join(known)}")
    return replace(settings, **{n: _typed(n, v, known[n], where) for n, v in given.items()})


def load_profile(name: str) -> dict[str, Any]:
    """A profile that comes with the package, or a YAML file: {trainer: {setting: value}}."""
    bundled = files("hr_pipeline.training") / "profiles" / f"{name}.yaml"
    path = Path(name)
    if not bundled.is_file() and not path.is_file():
        raise InputError("there is no such profile", name, "use tiny, paper or a YAML file")
    try:
        text = (bundled if bundled.is_file() else path).read_text(encoding="utf-8")
        profile = yaml.safe_load(text) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"not YAML ({' '.join(str(error).split())})", name) from error
    told = profile.items() if isinstance(profile, dict) else [(None, None)]
    if not all(isinstance(name, str) and isinstance(held, dict) for name, held in told):
        raise InputError("a profile maps trainers to their settings", name)
    return profile


def _parsed(given: str) -> tuple[str, Any]:
    name, equals, text = given.partition("=")
    if not equals:
        raise InputError("cannot read this setting", given, "write e.g. batch=16")
    try:
        return name.strip(), yaml.safe_load(text) if text.strip() else ""
    except yaml.YAMLError as error:
        raise InputError("the value is not YAML", given) from error


def _typed(name: str, value: Any, kind: type, where: str) -> Any:
    """YAML reads 1e-4 as text, and 3 for 3.0."""
    try:
        if kind is float and not isinstance(value, bool):
            return float(value)
        if kind is int and isinstance(value, float) and value.is_integer():
            return int(value)
    except (TypeError, ValueError):
        pass
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InputError(f"{value!r} is no {kind.__name__}", f"{where}: {name}")
    return value
