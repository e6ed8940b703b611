"""`python -m hr_pipeline_tests.benchmarks.titles --raw DIR` writes figures into docs/titles.md.

DIR holds ESCO (esco/) and esco_titles/titles.csv, which is for development only. What was tried is
compared on 2,000 titles of one half of the file, and what is kept is measured on the other half, on
3,000 titles drawn from all, and on all. --model names a sentence-transformers model, or its folder;
--vectors keeps its vectors for another run.
"""

import argparse
import csv
import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from hr_pipeline.embedding.matrix import Matrix, cosines
from hr_pipeline.embedding.models import Embedder, open_embedder
from hr_pipeline.jaqa.keys import title_key
from hr_pipeline.jaqa.titles import nearest
from hr_pipeline.jaqa.titles.evaluate import (
    DEPTHS,
    LABEL,
    SCORE,
    Found,
    Labelled,
    find,
    read_labelled,
    recalls,
)
from hr_pipeline.jaqa.titles.nearest import Candidates, likeness_of_descriptions, with_ties_broken
from hr_pipeline.jaqa.titles.occupations import Occupations, occupations_of
from hr_pipeline.lake.rng import rng
from hr_pipeline.sources.esco_occupations import read_esco_occupations
from hr_pipeline.sources.recognise import find_inputs
from hr_pipeline.text.titles import job_words

PAGE = Path("docs/titles.md")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
TRIED, DRAWN, STAND_IN_SKILLS = 2_000, 3_000, 8
METHODS = {
    "lexical": "0.22 / 0.41 / 0.60",
    "model": "0.24 / 0.47 / 0.67",
    "sum": "0.25 / 0.48 / 0.67",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", required=True, type=Path)
    parser.add_argument("--model", help="a sentence-transformers model beside the lexical one")
    parser.add_argument("--vectors", type=Path, help="file that keeps vectors")
    arguments = parser.parse_args()
    need = "esco_occupations"
    esco = find_inputs(arguments.raw, required=(need,), optional=())
    occupations = occupations_of(read_esco_occupations(esco[need]).table)
    labelled = read_labelled(arguments.raw / "esco_titles" / "titles.csv")
    names = {"lexical": "lexical"}
    if arguments.model:
        names |= {"model": arguments.model, "sum": f"lexical+{arguments.model}"}
    opened = {
        kind: open_embedder(
            name,
            cache=arguments.vectors,
            corpus_alone=True,
            log=lambda line: print(line, file=sys.stderr),
        )
        for kind, name in names.items()
    }
    whole = {kind: find(labelled, occupations, one, 30) for kind, one in opened.items()}
    parts = [
        _kept(labelled, occupations, opened, whole),
        _tried(labelled, occupations, opened["model" if arguments.model else "lexical"]),
        _ties(
            arguments.raw, labelled, occupations, whole["model" if arguments.model else "lexical"]
        ),
    ]
    text = PAGE.read_text(encoding="utf-8")
    figures = "\n\n".join(parts)
    PAGE.write_text(
        re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n{figures}\n\n{END}", text), "utf-8"
    )
    print(PAGE)


def first_half(titles: list[str]) -> np.ndarray:
    """Which titles ways were chosen on; spellings that differ in case are on the same side."""
    return np.array([hashlib.md5(title_key(t).encode()).digest()[0] % 2 == 0 for t in titles])


def _shown(found: Found, ranking: str, among: np.ndarray | None = None) -> str:
    """Recall at 1, 5, 30, of some of the titles."""
    ranks = found.ranks[ranking] if among is None else found.ranks[ranking][among]
    part = Found(found.right, {ranking: ranks}, [])
    return " / ".join(f"{row['share']:.3f}" for row in recalls(part))


def _habits(labelled: Labelled) -> str:
    """What the labelled file is like."""
    told: dict[str, set[str]] = defaultdict(set)
    for title, uri in zip(labelled.titles, labelled.uris, strict=True):
        told[title_key(title)].add(uri)
    several = sum(len(uris) > 1 for uris in told.values())
    return (
        f"The file names {len(set(labelled.uris)):,} occupations. Of its {len(told):,} distinct "
        f"titles {several:,} stand for several."
    )


def _kept(
    labelled: Labelled,
    occupations: Occupations,
    opened: dict[str, Embedder],
    whole: dict[str, Found],
) -> str:
    other = ~first_half(labelled.titles)
    lines = [
        f"### Recall@{', @'.join(map(str, DEPTHS))}",
        f"{len(labelled.titles):,} titles, {len(occupations):,} occupations with "
        f"{len(occupations.labels):,} labels. Titles of an occupation that is not in this release, "
        f"which count as not found: {int((whole['lexical'].right < 0).sum())}.",
        _habits(labelled),
        f"| Embedder | Ranked by | METHOD's figure | {DRAWN:,} drawn | the other half | all |\n"
        "|---|---|---|---|---|---|",
    ]
    for kind, embedder in opened.items():
        drawn = find(labelled.sample(DRAWN), occupations, embedder, 1)
        for ranking in (LABEL, SCORE):
            cells = [
                *(embedder.name, ranking, METHODS[kind] if ranking == LABEL else ""),
                *(_shown(drawn, ranking), _shown(whole[kind], ranking, other)),
                _shown(whole[kind], ranking),
            ]
            lines[-1] += f"\n| {' | '.join(cells)} |"
    return "\n\n".join(lines)


# -- what was tried ---------------------------------------------------------------------------


def _tried(labelled: Labelled, occupations: Occupations, embedder: Embedder) -> str:
    mine = np.flatnonzero(first_half(labelled.titles))
    mine = np.sort(rng(0, "benchmark/titles", "tried").permutation(mine)[:TRIED])
    titles = [labelled.titles[i] for i in mine]
    places = {uri: place for place, uri in enumerate(occupations.uris)}
    right = np.array([places.get(labelled.uris[i], -1) for i in mine])
    rows = [
        f"| {way} | {_recall(scores, right)} |"
        for way, scores in _ways(titles, occupations, embedder)
    ]
    head = f"| {embedder.name}, {TRIED:,} titles of the first half | recall@1 / @5 / @30 |"
    return "\n".join(["### What was tried", "", head, "|---|---|", *rows])


def _recall(scores: np.ndarray, right: np.ndarray) -> str:
    ranks = np.argsort(np.argsort(-np.round(scores, 5), axis=1, kind="stable"), axis=1)
    own = np.where(right < 0, len(scores[0]), ranks[np.arange(len(right)), right])
    return " / ".join(f"{(own < depth).mean():.3f}" for depth in DEPTHS)


def _ways(
    titles: list[str], occupations: Occupations, embedder: Embedder
) -> Iterator[tuple[str, np.ndarray]]:
    """Scores (titles, occupations) of each way."""
    cleaned = [" ".join(job_words(title)) or title for title in titles]
    texts = [*occupations.labels, *(text or "-" for text in occupations.descriptions)]
    queries, corpus = embedder.pair([*titles, *cleaned], texts)
    labels, described = corpus[: len(occupations.labels)], corpus[len(occupations.labels) :]
    centres = nearest.centres_of(labels, occupations)
    raw, clean = queries[: len(titles)], queries[len(titles) :]
    best, bare = _best(raw, labels, occupations), _best(clean, labels, occupations)
    centre = cosines(raw, centres)
    kept = best + centre
    yield "nearest label", best
    yield "nearest label, cleaned title (no seniority, place, client)", bare
    yield "nearest label, title as it is and cleaned", best + bare
    yield "mean vector of all labels", centre
    yield "**nearest label and mean vector** (kept)", kept
    yield "the same, cleaned title", bare + cosines(clean, centres)
    yield "the same, title as it is and cleaned", kept + bare + cosines(clean, centres)
    yield "kept, and the description", kept + 0.5 * cosines(raw, described)
    yield (
        "kept, and the share of the candidates' ISCO group",
        kept + 0.2 * _group_share(kept, occupations),
    )


def _best(queries: Matrix, labels: Matrix, occupations: Occupations) -> np.ndarray:
    blocks = [queries[start : start + 256] for start in range(0, queries.shape[0], 256)]
    near = (np.maximum.reduceat(cosines(b, labels), occupations.starts, axis=1) for b in blocks)
    return np.vstack(list(near))


def _group_share(scores: np.ndarray, occupations: Occupations) -> np.ndarray:
    """How much of a title's weight (softmax of the scores) falls on each occupation's group."""
    weight = np.exp((scores - scores.max(axis=1, keepdims=True)) / 0.05)
    groups = np.unique(occupations.groups, return_inverse=True)[1]
    member = np.eye(groups.max() + 1)[groups]
    share = weight @ member
    return (share / share.sum(axis=1, keepdims=True))[:, groups]


# -- ties -------------------------------------------------------------------------------------


def _ties(raw: Path, labelled: Labelled, occupations: Occupations, found: Found) -> str:
    """How often candidates share their nearest label, and which order puts the right one first."""
    shared = [nearest.tied(candidates, occupations) for candidates in found.candidates]
    on_top = [next((ranks for ranks in one if 0 in ranks), []) for one in shared]
    skills = _skills_of(raw)
    cases = {
        str(i): (right, [found.candidates[i].places[rank] for rank in ranks])
        for i, (right, ranks) in enumerate(zip(found.right.tolist(), on_top, strict=True))
        if right in (found.candidates[i].places[rank] for rank in ranks)
        and occupations.uris[right] in skills
    }
    told = {
        key: (labelled.titles[int(key)], skills[occupations.uris[right]])
        for key, (right, _) in cases.items()
    }
    texts = ((key, _stand_in(key, *facts)) for key, facts in told.items())
    asked = {key: found.candidates[int(key)] for key in cases}
    likeness = likeness_of_descriptions(asked, texts, occupations)
    orders: dict[str, Callable[[str], int]] = {
        "the first uri": lambda key: min(cases[key][1]),
        "ISCO group, then the first uri": lambda key: _first(
            _flat(asked[key]), occupations, {}, cases[key][1]
        ),
        "the score": lambda key: _first(asked[key], occupations, {}, cases[key][1]),
        "the score and the description (kept)": lambda key: _first(
            asked[key], occupations, likeness[key], cases[key][1]
        ),
    }
    rows = [
        f"| {way} | {np.mean([first(key) == cases[key][0] for key in cases]):.1%} |"
        for way, first in orders.items()
    ]
    n = len(labelled.titles)
    said = (
        f"Of {n:,} titles {sum(map(bool, shared)):,} have candidates that share their nearest "
        f"label, and of {sum(map(bool, on_top)):,} the first candidate is one of them. The right "
        f"occupation is among those that share the first's label for {len(cases):,} (of an "
        "occupation whose skills ESCO's file of relations tells). No text comes with these titles: "
        f"{STAND_IN_SKILLS} skills of the right occupation, drawn, stand for it. They are of ESCO "
        "too, so a real description tells less than this."
    )
    head = ["| Ordered by | the right one is first |", "|---|---|"]
    return "\n".join(["### Candidates that share their nearest label", "", said, "", *head, *rows])


def _flat(candidates: Candidates) -> Candidates:
    """The same with equal scores: what is left decides."""
    return Candidates(candidates.places, (0.0,) * len(candidates.places), candidates.labels)


def _first(
    candidates: Candidates, occupations: Occupations, likeness: dict[int, float], among: list[int]
) -> int:
    ordered = with_ties_broken(candidates, occupations, likeness)
    return next(place for place in ordered.places if place in among)


def _skills_of(raw: Path) -> dict[str, list[str]]:
    """Preferred labels of the skills of each occupation, by uri."""
    folder = next(raw.glob("esco/**/occupationSkillRelations*.csv")).parent
    found: dict[str, list[str]] = defaultdict(list)
    with open(folder / "skills_en.csv", newline="", encoding="utf-8") as file:
        names = {row["conceptUri"]: row["preferredLabel"] for row in csv.DictReader(file)}
    relations = next(folder.glob("occupationSkillRelations*.csv"))
    with open(relations, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["skillUri"] in names:
                found[row["occupationUri"]].append(names[row["skillUri"]])
    return found


def _stand_in(key: str, title: str, skills: list[str]) -> str:
    drawn = rng(0, "benchmark/titles/stand-in", key).permutation(len(skills))[:STAND_IN_SKILLS]
    return f"{title}. {'; '.join(skills[place] for place in drawn)}"


if __name__ == "__main__":
    main()
