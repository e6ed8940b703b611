"""Models of this machine by what decides their answers: a folder, and a name with a hash of it."""

import json
import re
from functools import cache
from pathlib import Path

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.rng import short_hash

ADAPTER = "adapter_config.json"  # of a PEFT adapter; it names its base model
_SETTINGS = ("*.json", "*.jinja", "*.model", "*.txt")  # of model, tokenizer and chat template
_WEIGHTS = ("*.safetensors", "*.bin")  # where both are there, the first is read
_OF_TRAINING = ("trainer_state.json", "training_args.bin", "optimizer.bin", "scheduler.bin")
_HASHED = re.compile(r"@[0-9a-f]{12}\Z")
_MEND = "give the folder of a causal language model, or its name on the Hugging Face Hub"


def is_local(name: str) -> bool:
    """Whether `name_of` made this name: the model runs on this machine and has no price."""
    return bool(_HASHED.search(name))


def name_of(model: str) -> str:
    """`folder_of(model)` as "NAME@HASH": the folder's own name, or the Hub's, and 12 digits of what
    is in it. So the same weights at another place are the same model, and others at the same place
    are not. The base of an adapter is part of its hash. Raises InputError."""
    folder = folder_of(model)
    name = folder.name if Path(model).expanduser().is_dir() else model
    return f"{name}@{_hash(folder)}"


def folder_of(model: str) -> Path:
    """The folder of a model that is given by folder, or by its name on the Hub (which is fetched
    where it is not in the Hub's cache). Raises InputError."""
    folder = Path(model).expanduser()
    if model and folder.is_dir():
        if not ((folder / "config.json").is_file() or (folder / ADAPTER).is_file()):
            raise InputError("no config.json: there is no model in this folder", model, _MEND)
        return folder.resolve()
    if not model or model[0] in "./~" or model.count("/") > 1:
        raise InputError("there is no such folder", f"model {model!r}", _MEND)
    return _fetched(model)


def base_of(folder: Path) -> str:
    """The model that an adapter changes: as its settings name it, or the folder within its own that
    they name ("./base"), wherever that lies; "" where this is no adapter."""
    if not (folder / ADAPTER).is_file():
        return ""
    try:
        name = str(json.loads((folder / ADAPTER).read_text("utf-8"))["base_model_name_or_path"])
    except (ValueError, KeyError) as error:
        raise InputError("it names no base model", f"{folder / ADAPTER}") from error
    beside = name.startswith("./") and (folder / name).is_dir()
    return str((folder / name).resolve()) if beside else name


def weights_of(folder: Path) -> list[Path]:
    """The files of weights that are read."""
    for pattern in _WEIGHTS:
        if found := [path for path in folder.glob(pattern) if path.name not in _OF_TRAINING]:
            return sorted(found)
    return []


def _hash(folder: Path) -> str:
    settings = [p for pattern in _SETTINGS for p in folder.glob(pattern)]
    kept = [p for p in sorted(settings) if p.name not in _OF_TRAINING] + weights_of(folder)
    facts = [(path, path.stat()) for path in kept]
    hashes = [f"{p.name} {_file_hash(p, s.st_size, s.st_mtime_ns)}" for p, s in facts]
    base = base_of(folder)
    return short_hash(*hashes, *([name_of(base)] if base else []))


@cache
def _file_hash(path: Path, size: int, changed: int) -> str:
    """Read once in a process, for weights are large."""
    from hr_pipeline.lake.store import file_sha256

    return file_sha256(path)


@cache
def _fetched(name: str) -> Path:
    """From the Hub, or from its cache where it cannot be reached; one format of the weights."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise InputError("transformers is not installed", name, "install '.[train]'") from error
    first, second = ([pattern] for pattern in _WEIGHTS)
    try:
        for weights in (first, second):
            folder = Path(
                snapshot_download(
                    name, allow_patterns=[*_SETTINGS, *weights], ignore_patterns=["*/*"]
                )
            )
            if weights_of(folder):
                return folder
    except (OSError, ValueError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(f"the model cannot be fetched ({reason})", name, _MEND) from error
    raise InputError("it has no weights that can be read", name, _MEND)
