"""Whom the triples are about, and whether what was written hangs together with it.

Rows of quality/balance: counts and shares by gender, group and both; how even clusters are; how few
names carry the corpus; gender and group against category, split, figures and words of the
documents. People whose gender or group nobody recorded are counted as unknown, and not tested.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from hr_pipeline.quality.bias.associations import (
    RARE,
    SIGNIFICANT,
    codes,
    cramers_v,
    cross_table,
    holm,
    p_of_means,
    p_of_words,
    standardised_difference,
)
from hr_pipeline.quality.bias.people import UNKNOWN, People

Row = dict[str, Any]
TESTED = ("gender", "name_group")
TOP_NAMES, WORDS_SHOWN = 10, 10
P = "p of "  # measures that begin so are corrected together and have a goal


def balance(corpus: str, held: People) -> list[Row]:
    """Rows of quality/balance for one corpus."""
    rows = [
        *_counts(held),
        *_clusters(held),
        *_names(held),
        *(row for attribute in TESTED for row in _associations(held, attribute)),
    ]
    _correct([row for row in rows if row["measure"].startswith(P)])
    return [{"corpus": corpus} | row for row in rows]


def _row(attribute: str, group: str, measure: str, value: float | None, n: int) -> Row:
    shown = None if value is None or np.isnan(value) else round(float(value), 5)
    row = {"attribute": attribute, "group": group, "measure": measure, "value": shown, "n": int(n)}
    return row | dict.fromkeys(("ci_low", "ci_high", "goal", "passed"))


def _with_goal(row: Row, goal: str, passed: bool) -> Row:
    return row | {"goal": goal, "passed": passed}


def _crossed(held: People, a: str, b: str) -> list[str]:
    return [f"{x}, {y}" for x, y in zip(held.attributes[a], held.attributes[b], strict=True)]


def _counts(held: People) -> Iterator[Row]:
    """Counts and shares by gender, group, both, and each of the two by category and split."""
    values = {name: held.attributes[name] for name in TESTED}
    for a, b in (
        ("gender", "name_group"),
        *((a, b) for a in TESTED for b in ("category", "split")),
    ):
        values[f"{a} x {b}"] = _crossed(held, a, b)
    for attribute, listed in values.items():
        for group, n in sorted(Counter(listed).items()):
            yield _row(attribute, group, "count", n, len(held))
            yield _row(attribute, group, "share", n / len(held), len(held))


def _clusters(held: People) -> Iterator[Row]:
    """Clusters in which genders, or cells of gender and group, differ by more than one."""
    whole: dict[str, list[str]] = {}
    whole["gender"] = held.attributes["gender"]
    whole["gender x name_group"] = _crossed(held, "gender", "name_group")
    clusters = held.attributes["cluster_id"]
    for attribute, listed in whole.items():
        cells = zip(clusters, listed, strict=True)
        known = [(c, v) for c, v in cells if c != UNKNOWN and UNKNOWN not in v]
        if not known:
            continue
        names, places = codes([c for c, _ in known])
        counts = cross_table(places, codes([v for _, v in known])[1])
        uneven = int((counts.max(axis=1) - counts.min(axis=1) > 1).sum())
        row = _row(attribute, "all", "clusters out of balance", uneven, len(names))
        yield _with_goal(row, "0", uneven == 0)


def _names(held: People) -> Iterator[Row]:
    """How many names there are, and how much the most frequent carry."""
    for attribute in ("first_name", "last_name"):
        listed = held.attributes[attribute]
        known = Counter(name.casefold() for name in listed if name != UNKNOWN)
        n = known.total()
        yield _row(attribute, "all", "unknown", len(listed) - n, len(listed))
        if n:
            yield _row(attribute, "all", "distinct names", len(known), n)
            top = [count for _, count in known.most_common(TOP_NAMES)]
            yield _row(attribute, "all", "share of the most frequent", top[0] / n, n)
            yield _row(attribute, "all", f"share of the {TOP_NAMES} most frequent", sum(top) / n, n)
    by_cell: dict[str, set[str]] = {}
    for cell, name in zip(
        _crossed(held, "gender", "name_group"), held.attributes["first_name"], strict=True
    ):
        by_cell.setdefault(cell, set()).add(name.casefold())
    counts = Counter(_crossed(held, "gender", "name_group"))
    for cell, names in sorted(by_cell.items()):
        yield _row("first_name", cell, "distinct names", len(names), counts[cell])


def _associations(held: People, attribute: str) -> Iterator[Row]:
    """The attribute against category, split, every feature and every word."""
    known = np.array([value != UNKNOWN for value in held.attributes[attribute]], bool)
    names, places = codes([v for v in held.attributes[attribute] if v != UNKNOWN])
    if len(names) < 2:
        return
    for other in ("category", "split"):
        listed = [v for v, k in zip(held.attributes[other], known, strict=True) if k]
        if found := cramers_v(cross_table(places, codes(listed)[1])):
            yield _row(attribute, "all", f"Cramér's V with {other}", found[0], len(listed))
            yield _row(attribute, "all", f"{P}{other}", found[1], len(listed))
    for name in held.features:
        values = held.feature(name)[known]
        there = ~np.isnan(values)
        yield from _feature(attribute, names, places[there], name, values[there])
    yield from _words(held, attribute, names)


def _feature(
    attribute: str, names: list[str], places: np.ndarray, name: str, values: np.ndarray
) -> Iterator[Row]:
    """d of each group against the others (of two groups the first is enough), and p over all."""
    for i, group in enumerate(names if len(names) > 2 else names[:1]):
        if found := standardised_difference(values, places == i):
            row = _row(attribute, group, f"d of {name}", found.d, found.n)
            yield row | {"ci_low": round(found.low, 5), "ci_high": round(found.high, 5)}
    p = p_of_means(values, places)
    if p is not None:
        yield _row(attribute, "all", f"{P}{name}", p, len(values))


def _words(held: People, attribute: str, names: list[str]) -> Iterator[Row]:
    """Words that stand in more resumes of one group than chance allows (Bonferroni over words)."""
    side = TESTED.index(attribute)
    cells = [cell for cell in sorted(held.words) if cell[side] in names]
    total: Counter[str] = Counter()
    for cell in cells:
        total.update(held.words[cell])
    vocabulary = sorted(word for word, n in total.items() if n >= RARE)
    known = [value for value in held.attributes[attribute] if value != UNKNOWN]
    documents = np.bincount(codes(known)[1])
    counts = np.zeros((len(vocabulary), len(names)), np.int64)
    for cell in cells:
        own = [held.words[cell][word] for word in vocabulary]
        counts[:, names.index(cell[side])] += np.array(own, np.int64)
    p = np.minimum(1, p_of_words(counts, documents) * len(vocabulary))
    odd = int((p < SIGNIFICANT).sum())
    yield _row(attribute, "all", "words tested", len(vocabulary), len(known))
    row = _row(attribute, "all", "words that hang on it", odd, len(vocabulary))
    yield _with_goal(row, "0", odd == 0)
    shares = counts / documents
    for i in np.argsort(p, kind="stable")[: min(odd, WORDS_SHOWN)]:
        for group, share in zip(names, shares[i], strict=True):
            measure = f"share of resumes with '{vocabulary[i]}'"
            yield _row(attribute, group, measure, share, counts[i].sum())


def _correct(rows: list[Row]) -> None:
    """Replaces each p by its corrected one, and says whether it is no sign of an association."""
    for row, p in zip(rows, holm([row["value"] for row in rows]), strict=True):
        row["value"] = round(float(p), 5)
        row |= {"goal": f"at least {SIGNIFICANT}", "passed": bool(p >= SIGNIFICANT)}
