"""`python -m hr_pipeline_tests.benchmarks.taxonomy --raw DIR` writes figures into docs/taxonomy.md.

It fits what hr_pipeline/taxonomy/sureness.py and groups.py keep as constants on half of labelled
names, and measures on the other half with the constants that are kept; where the two differ it
prints what should be kept. DIR holds ESCO, O*NET, the SOC direct match titles, and the labelled
files esco_titles/titles.csv and esco_skill_spans/*.csv, which are for development only. With --lake
(a lake with a graph) its links are counted too.
"""

import argparse
import re
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.embedding.nearest import nearest_k
from hr_pipeline.graph.categories import OF_MAJOR_GROUP
from hr_pipeline.lake.store import Lake
from hr_pipeline.rjdb.splits import shared_concepts, split_keys
from hr_pipeline.sources.concepts import read_concepts
from hr_pipeline.sources.occupations import read_occupations
from hr_pipeline.sources.recognise import find_inputs
from hr_pipeline.taxonomy.concepts import Concepts, bare, concepts_of, form_of
from hr_pipeline.taxonomy.groups import (
    LEAD_TO_PROBABILITY,
    GroupFinder,
    coded_titles,
    probability_of,
)
from hr_pipeline.taxonomy.links import coverage, find_links
from hr_pipeline.taxonomy.signals import SIGNALS, Index
from hr_pipeline.taxonomy.sureness import SURENESS, Sureness
from hr_pipeline_tests.benchmarks import taxonomy_trials as trials

PAGE = Path("docs/taxonomy.md")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
STEPS = (0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0)
NOISE = {
    "as they are": "{}",
    "with a place": "{} - Austin, TX",
    "with a level": "Sr. {} II",
    "with a note": "{} (Contract)",
    "with a call": "Urgent need of {}",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", required=True, type=Path)
    parser.add_argument("--lake", type=Path, help="a lake with a graph, whose links are counted")
    arguments = parser.parse_args()
    inputs = find_inputs(arguments.raw)
    concepts = read_concepts(inputs).table
    official = read_occupations(inputs["occupations"]).table
    parts = [
        *_esco(arguments.raw, concepts),
        *_onet(concepts),
        *_groups(concepts, official),
        *(_of_a_build(Lake(arguments.lake), concepts) if arguments.lake else ()),
    ]
    text = PAGE.read_text(encoding="utf-8")
    figures = "\n\n".join(parts)
    PAGE.write_text(
        re.sub(f"(?s){BEGIN}.*{END}", lambda _: f"{BEGIN}\n{figures}\n\n{END}", text), "utf-8"
    )
    print(PAGE)


def _known(concepts: pa.Table, scheme: str, kind: str) -> Concepts:
    known = concepts_of(concepts, scheme, kind)
    if known is None:
        sys.exit(f"no file of {scheme} {kind}s is there")
    return known


def _esco(raw: Path, concepts: pa.Table) -> list[str]:
    occupations, skills = (_known(concepts, "esco", k) for k in ("occupation", "skill"))
    titles = trials.run(
        Index(occupations), trials.esco_titles(raw / "esco_titles" / "titles.csv", occupations)
    )
    named = trials.run(Index(skills), trials.skill_spans(raw / "esco_skill_spans", skills))
    spans = trials.all_counted(named)
    main = titles.values[:, SIGNALS.index("main_label")] > 0
    of_main = (
        f"Of {main.sum()} titles that equal a preferred label, the file gives that concept to "
        f"{titles.right[main].mean():.1%}; of those whose concept it names at all, to "
        f"{titles.right[main & titles.judged].mean():.1%}. It never names the best concept of "
        f"{1 - titles.judged.mean():.1%} of the titles."
    )
    return [
        f"### Titles to ESCO {occupations.release}",
        *_measured("occupation", titles, trials.fitted(titles, titles), "esco"),
        of_main,
        f"### Skills to ESCO {skills.release}",
        *_measured("skill", spans, trials.fitted(named, spans), "esco"),
    ]


def _onet(concepts: pa.Table) -> list[str]:
    whole, direct = (_known(concepts, scheme, "occupation") for scheme in ("onet", "soc"))
    known, left_out = trials.left_out_titles(whole)
    index = Index(known)
    hard, easy = trials.run(index, left_out), trials.run(index, trials.direct_match(direct, whole))
    judge = trials.fitted(trials.joined([hard, easy]), hard)
    return [
        f"### Titles to detailed O*NET-SOC codes ({whole.release})",
        "Titles of O*NET that were left out of the index:",
        *_measured("occupation", hard, judge, "onet"),
        "SOC direct match titles, most of which O*NET has among its own:",
        _curve(easy, SURENESS["onet", "occupation"]),
    ]


def _measured(kind: str, outcome: trials.Outcome, fit: Sureness, scheme: str) -> list[str]:
    kept = SURENESS[scheme, kind]
    if fit != kept:
        print(f"sureness.py should keep for {scheme}, {kind}: {fit}", file=sys.stderr)
    n, top = len(outcome.right), outcome.right.mean()
    said = (
        f"{n:,} distinct names, half of them measured; the best concept is right for {top:.1%} of "
        f"all. A link is sure from {kept.threshold:.3f} on."
    )
    return [said, _curve(outcome, kept)]


def _curve(outcome: trials.Outcome, judge: Sureness) -> str:
    """Precision at falling thresholds on the second half."""
    half = ~outcome.first_half
    scores = judge.probability(outcome.values[half])
    right, judged = outcome.right[half], outcome.judged[half]
    steps = sorted({*STEPS, judge.threshold}, reverse=True)
    head = "| Score from | Linked | Coverage | Precision |"
    if not judged.all():
        head += " where the labels name the concept |"
    lines = [head, "|---" * (head.count("|") - 1) + "|"]
    for step in steps:
        linked = scores >= step
        if linked.any():
            sure = f"**{step:.3f}** (sure)" if step == judge.threshold else f"{step:.2f}"
            row = (
                f"| {sure} | {linked.sum():,} | {linked.mean():.1%} | {right[linked].mean():.3f} |"
            )
            if not judged.all():
                row += f" {right[linked & judged].mean():.3f} |"
            lines.append(row)
    return "\n".join(lines)


def _groups(concepts: pa.Table, official: pa.Table) -> list[str]:
    """Major groups of the O*NET titles that the classifier did not learn from."""
    from sklearn.linear_model import LogisticRegression

    whole = _known(concepts, "onet", "occupation")
    _, left_out = trials.left_out_titles(whole)
    hidden = {form_of(name) for name in left_out.names}
    official_forms = set(map(form_of, official.column("title").to_pylist()))
    coded = coded_titles(concepts, official)
    finder = GroupFinder(pair for pair in coded if form_of(bare(pair[1])) not in hidden)
    right = [{whole.uris[place][:2] for place in places} for places in left_out.right]
    lines = ["| Titles left out | Precision | of the surer half |", "|---|---|---|"]
    for what, form in NOISE.items():
        found, leads = finder.find([form.format(name) for name in left_out.names])
        hits = np.array([group in ok for group, ok in zip(found, right, strict=True)])
        surer = leads >= np.median(leads)
        lines.append(f"| {what} | {hits.mean():.3f} | {hits[surer].mean():.3f} |")
        if form == "{}":
            first = left_out.first_half
            curve = LogisticRegression(C=1e6).fit(leads[first, None], hits[first])
            fit = (round(float(curve.coef_[0, 0]), 3), round(float(curve.intercept_[0]), 3))
            if fit != LEAD_TO_PROBABILITY:
                print(f"groups.py should keep LEAD_TO_PROBABILITY = {fit}", file=sys.stderr)
            off = abs(probability_of(leads[~first]).mean() - hits[~first].mean())
    said = (
        f"{len(hidden):,} titles left out ({len(hidden & official_forms)} of them official ones); "
        f"every title gets a group. On the second half the mean score is {off:.3f} off."
    )
    before = [official.column("code")[place].as_py()[:2] for place in _nearest(left_out, official)]
    found, _ = finder.find(left_out.names)
    classified, nearest_title = (_categories_right(groups, right) for groups in (found, before))
    categories = (
        f"One of the paper's five categories: {classified:.1%} right by this classifier, "
        f"{nearest_title:.1%} by the nearest official title."
    )
    return ["### SOC major groups", said, "\n".join(lines), categories]


def _nearest(asked: trials.Trial, official: pa.Table) -> list[int]:
    found = nearest_k(open_embedder(), asked.names, official.column("title").to_pylist(), 1)
    return found.positions[:, 0].tolist()


def _categories_right(found: list[str], right: list[set[str]]) -> float:
    hits = [
        OF_MAJOR_GROUP[group] in {OF_MAJOR_GROUP[other] for other in others}
        for group, others in zip(found, right, strict=True)
    ]
    return sum(hits) / len(hits)


def _of_a_build(lake: Lake, concepts: pa.Table) -> list[str]:
    occupations, skills = lake.table("graph/occupations"), lake.table("graph/skills")
    start = time.process_time()
    links = list(find_links(occupations, skills, concepts, lake.table("sources/occupations")))
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    lines = ["| Kind | Scheme | Method | Linked | Of | Share |", "|---|---|---|---|---|---|"]
    for row in coverage(links, occupations.num_rows, skills.num_rows):
        lines.append(
            f"| {row['kind']} | {row['scheme']} | {row['method']} | {row['linked']:,} "
            f"| {row['entities']:,} | {row['share']:.1%} |"
        )
    titles, codes = (occupations.column(name).to_pylist() for name in ("title", "code"))
    shared = shared_concepts(pa.Table.from_pylist(links))
    keys = split_keys(titles, [code or "" for code in codes], shared)
    sizes = np.unique(np.array(list(keys.values())), return_counts=True)[1]
    said = (
        f"All links take {seconds:.0f} s of processor time; the peak of this program was "
        f"{peak:.2f} GiB. Split groups: "
        f"{len(sizes):,} of {len(keys):,} titles, the largest {sizes.max():,} "
        f"({sizes.max() / len(keys):.1%})."
    )
    return ["### A build on real input", said, "\n".join(lines)]


if __name__ == "__main__":
    main()
