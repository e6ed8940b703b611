"""Which matchers are audited: baselines by name, or one's own as "package.module:function"."""

from importlib import import_module

from hr_pipeline.lake.errors import InputError
from hr_pipeline.quality.bias.applications import Pairs
from hr_pipeline.quality.matchers import Matcher, baselines, best_threshold


def matcher_named(name: str) -> Matcher:
    """A fresh matcher: the baseline of this name, or what the named function returns.

    Raises InputError for a name that is neither, and where a function cannot be imported.
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
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"{name}: {error}", "matchers", "name a function without arguments that can be imported"
        ) from error
    return made


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
