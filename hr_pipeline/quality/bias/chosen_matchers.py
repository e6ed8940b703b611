"""Which matchers are audited: baselines by name, or one's own as "package.module:function"."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.store import file_sha256
from hr_pipeline.quality.bias.applications import Pairs
from hr_pipeline.quality.matchers import Matcher, baselines, best_threshold


def matcher_named(name: str) -> Matcher:
    """A fresh matcher: the baseline of this name, or what the named function returns.

    Raises InputError for a name that is neither, where a function cannot be imported or called,
    and where what it returns is no matcher.
    """
    known = {matcher.name: matcher for matcher in baselines()}
    if name in known:
        return known[name]
    module, colon, function = name.partition(":")
    if not colon:
        raise InputError(
            f"no matcher is called {name!r}",
            "matchers",
            f"name one of {', '.join(known)}; or your own as package.module:function",
        )
    try:
        made: Matcher = getattr(import_module(module), function)()
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"{name}: {error}", "matchers", "name a function without arguments that can be imported"
        ) from error
    if lacking := [part for part in ("name", "fit", "scores") if not hasattr(made, part)]:
        raise InputError(
            f"{name} returns what has no {' and no '.join(lacking)}",
            "matchers",
            "return a matcher (docs/bias.md)",
        )
    return made


def own_code(names: Iterable[str]) -> dict[str, str]:
    """The modules of one's own matchers, "matcher: package.module" -> SHA-256 of the file, so that
    an audit is made again when one changes. Names are known to be good."""
    modules = sorted({name.partition(":")[0] for name in names if ":" in name})
    files = {module: import_module(module).__file__ for module in modules}
    return {f"matcher: {name}": file_sha256(Path(file)) for name, file in files.items() if file}


def ready(matcher: Matcher, train: Pairs, dev: Pairs) -> float:
    """Fits a matcher on train; returns its threshold: its own attribute `threshold` where it has
    one, else the best of dev."""
    if train.labels:
        matcher.fit(*train.arguments())
    own: float | None = getattr(matcher, "threshold", None)
    if own is not None:
        return own
    held_out = dev if dev.labels else train
    if not held_out.labels:
        raise InputError(
            "neither train nor dev has triples to find a threshold on",
            "rjdb/triples",
            "order some, or give the matcher a threshold",
        )
    job_descriptions, resumes, labels = held_out.arguments()
    return best_threshold(matcher.scores(job_descriptions, resumes), labels)
