"""Links of the graph's occupations and skills to ESCO, O*NET and SOC, where they are sure.

A row of taxonomy/links: entity, kind, scheme, release, uri, label, matched, score, method. An
entity has one link per scheme at most. The SOC link is the major group, which every occupation
gets; the detailed O*NET-SOC code and the ESCO concept are given where they are sure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from hr_pipeline.taxonomy.concepts import Concepts, concepts_of
from hr_pipeline.taxonomy.groups import MAJOR_GROUPS, GroupFinder, coded_titles, probability_of
from hr_pipeline.taxonomy.signals import SIGNALS, Index, Signals
from hr_pipeline.taxonomy.sureness import SURENESS

OWN_CODE, NEAREST = "own code", "nearest label"
# What a link stands on, the surest first.
BY_SIGNAL = (("main_label", "preferred label"), ("only_label", "label"), ("only_core", "spelling"))
SOC_RELEASE = "2018"
SOC_GOAL = 0.95  # share of the occupations with a major group
Row = dict[str, Any]


def find_links(
    occupations: pa.Table,
    skills: pa.Table,
    concepts: pa.Table,
    official: pa.Table,
    say: Callable[[str], object] = lambda line: None,
) -> Iterator[Row]:
    """All links of graph/occupations and graph/skills, by kind, scheme and entity.

    `concepts` is sources/concepts, `official` sources/occupations; `say` is told what is done.
    """
    titles = occupations.column("title").to_pylist()
    codes = [code or "" for code in occupations.column("code").to_pylist()]
    for scheme in ("esco", "onet"):
        known = concepts_of(concepts, scheme, "occupation")
        if known is not None:
            say(f"linking {len(titles):,} occupations to {len(known.labels):,} labels of {scheme}")
            yield from link_names(titles, known, codes if scheme == "onet" else ())
    say(f"finding the major groups of {len(titles):,} occupations")
    yield from link_groups(titles, codes, coded_titles(concepts, official))
    known = concepts_of(concepts, "esco", "skill")
    if known is not None:
        say(f"linking {skills.num_rows:,} skills to {len(known.labels):,} labels of esco")
        yield from link_names(skills.column("name").to_pylist(), known)


def link_names(names: Sequence[str], known: Concepts, codes: Sequence[str] = ()) -> Iterator[Row]:
    """Links of names to their concept where it is sure. `codes` (O*NET-SOC or SOC, "" for none)
    decide before the names do."""
    places = {uri: place for place, uri in enumerate(known.uris)}
    own = [places.get(code, places.get(f"{code}.00", -1)) for code in codes or [""] * len(names)]
    asked = [i for i, place in enumerate(own) if place < 0]
    signals = Index(known).signals([names[i] for i in asked])
    judge = SURENESS[known.scheme, known.kind]
    scores = judge.probability(signals.values)
    found = dict(zip(asked, range(len(asked)), strict=True))
    for i, name in enumerate(names):
        if own[i] >= 0:
            label = known.shown[own[i]]
            yield _row(known, name, own[i], label, 1.0, OWN_CODE)
            continue
        at = found[i]
        concept = int(signals.concept[at])
        if concept >= 0 and scores[at] >= judge.threshold:
            matched = known.labels[int(signals.label[at])]
            yield _row(known, name, concept, matched, float(scores[at]), _method(signals, at))


def link_groups(
    titles: Sequence[str], codes: Sequence[str], coded: Iterable[tuple[str, str]]
) -> Iterator[Row]:
    """The SOC major group of every title: by its code where it has one, else by the titles whose
    code is known."""
    asked = [i for i, code in enumerate(codes) if not code]
    groups, leads = GroupFinder(coded).find([titles[i] for i in asked])
    scores = probability_of(leads)
    found = {i: (groups[at], float(scores[at])) for at, i in enumerate(asked)}
    for i, (title, code) in enumerate(zip(titles, codes, strict=True)):
        group, score = found.get(i, (code[:2], 1.0))
        if group in MAJOR_GROUPS:
            name = MAJOR_GROUPS[group]
            yield {
                **{"entity": title, "kind": "occupation", "scheme": "soc"},
                **{"release": SOC_RELEASE, "uri": f"{group}-0000", "label": name, "matched": name},
                **{"score": score, "method": OWN_CODE if code else "classifier"},
            }


def faults_of_links(links: Iterable[Row]) -> Counter[str]:
    """What is wrong with links, counted; empty where nothing is."""
    faults: Counter[str] = Counter()
    seen: set[tuple[str, str, str]] = set()
    for row in links:
        entity = (row["kind"], row["scheme"], row["entity"])
        judge = SURENESS.get((row["scheme"], row["kind"]))
        faults["two links of one entity"] += entity in seen
        faults["no release"] += not row["release"]
        faults["not sure"] += bool(judge and row["score"] < judge.threshold)
        seen.add(entity)
    return +faults


def coverage(links: Iterable[Row], n_occupations: int, n_skills: int) -> list[Row]:
    """Rows of taxonomy/coverage: how many entities are linked, by kind, scheme and method; a scheme
    whose file is not there has no rows."""
    entities = {"occupation": n_occupations, "skill": n_skills}
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in links:
        for method in ("all", row["method"]):
            counts[row["kind"], row["scheme"], method] += 1
    counts.update({("occupation", "soc", "all"): 0})
    return [
        {
            **{"kind": kind, "scheme": scheme, "method": method},
            **{"linked": linked, "entities": entities[kind]},
            "share": round(linked / entities[kind], 5) if entities[kind] else 0.0,
            "goal": SOC_GOAL if (scheme, method) == ("soc", "all") else None,
        }
        for (kind, scheme, method), linked in sorted(counts.items())
    ]


def _row(known: Concepts, name: str, concept: int, matched: str, score: float, method: str) -> Row:
    return {
        **{"entity": name, "kind": known.kind, "scheme": known.scheme},
        **{"release": known.release, "uri": known.uris[concept], "label": known.shown[concept]},
        **{"matched": matched, "score": score, "method": method},
    }


def _method(signals: Signals, at: int) -> str:
    values = signals.values[at]
    held = (method for signal, method in BY_SIGNAL if values[SIGNALS.index(signal)])
    return next(held, NEAREST)
