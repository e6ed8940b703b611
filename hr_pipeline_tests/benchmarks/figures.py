"""`python -m hr_pipeline_tests.benchmarks.figures --raw DIR` writes docs/figures.md.

DIR holds the published files (Dice, BLS or O*NET, first names; for the last part also the released
RJDB rows). A paper-scale build takes several minutes; --lake keeps it for the next time.
"""

import argparse
import re
import tempfile
from pathlib import Path

import pyarrow as pa

from hr_pipeline.exchange import import_released
from hr_pipeline.graph.build import build_graph
from hr_pipeline.graph.clusters import grow_clusters
from hr_pipeline.lake.shown import markdown_table
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.recording import Recording
from hr_pipeline.sources.recognise import find_inputs
from hr_pipeline_tests.benchmarks.figures_quality import quality_parts
from hr_pipeline_tests.benchmarks.released import released_file, released_table
from hr_pipeline_tests.benchmarks.running import build

PAGE = Path("docs/figures.md")
SEEDS = (1, 2, 3)
# The same file counted by hand before this code was written: three seed orders, plain split.
REFERENCE = {
    "titles": "9,321",
    "skills": "15,608",
    "edges": "68,374",
    "clusters": "356 to 358",
    "occupations per cluster": "97 to 102",
    "occupations kept": "7,200 to 7,220",
    "skills kept": "12,500",
    "edges kept": "64,400",
    "skills per occupation": "8.9",
    "occupations per skill": "5.1",
}
_PLACEHOLDER = re.compile(r"see (?:job )?(?:desc|below|over)|refer to job", re.IGNORECASE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", required=True, type=Path)
    parser.add_argument("--lake", type=Path, help="lake of the paper-scale build")
    parser.add_argument("--profile", default="paper")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lake_root = arguments.lake or Path(folder) / "lake"
        if (published := released_file(arguments.raw)) is not None:
            import_released(str(lake_root), "rjdb", published)
        order = ("--raw", str(arguments.raw), "--profile", arguments.profile)
        build(lake_root, "rjdb", "quality", *order)
        PAGE.write_text(page(Lake(lake_root), arguments.raw, Path(folder)), encoding="utf-8")
    print(PAGE)


def page(lake: Lake, raw: Path, work: Path) -> str:
    graph, triples = lake.table("graph/statistics"), lake.table("rjdb/statistics")
    parts = [
        "# Figures of a run on published input",
        "Made by `make figures RAW=DIR`, where DIR holds the published files. The teacher is the "
        "template: **these triples are not a benchmark**, and figures about their text say what "
        "the pipeline lets through, not how well a model writes.",
        "## Input\n\n" + "\n".join(f"- {line}" for line in find_inputs(raw).lines()),
        "## Graph beside the paper\n\n" + markdown_table(graph),
        "## Check of the reading: Dice alone, plain split\n\n"
        "Skills cells split on comma, semicolon, bar and newline, lower-cased, placeholders out, "
        "tokens of 2 to 40 characters; the reference was counted independently of this code.\n\n"
        + markdown_table(plain_split(raw)),
        "## Triples beside the paper\n\n" + markdown_table(triples),
        "## Requests to the teacher, re-asks included\n\n" + markdown_table(requests(lake)),
        "## Rows in = rows out + ledger\n\n" + markdown_table(accounts(lake)),
    ]
    parts += quality_parts(lake)
    released = released_table(raw, work)
    if released is not None:
        parts.append(
            "## The released RJDB rows, imported\n\nWhere the items of a resume's skills section "
            "are not as many as the file's own skills, the model has merged, reworded, dropped or "
            "added skills; the ledger names every such row.\n\n" + markdown_table(released)
        )
    return "\n\n".join(parts) + "\n"


def requests(lake: Lake) -> pa.Table:
    """Distinct requests in the lake's recording, by task."""
    recording = Recording(lake.recording_path)
    counts = sorted((task, count) for task, _, count, *_ in recording.counts())
    recording.close()
    return pa.table({"task": [t for t, _ in counts], "requests": [f"{n:,}" for _, n in counts]})


def accounts(lake: Lake) -> pa.Table:
    """Rows in, out and lost of every dataset, with the causes, and the seconds that it took."""
    rows = []
    for dataset in lake.datasets():
        made = lake.require(dataset)
        if not dataset.endswith("_ledger"):
            causes = ", ".join(f"{cause} {n:,}" for cause, n in made.lost_by_cause.items())
            numbers = {"in": made.rows_in, "out": made.rows, "lost": made.rows_lost}
            took = {"seconds": round(made.seconds, 1)}
            rows.append({"dataset": dataset, **numbers, **took, "ledger": causes})
    return pa.Table.from_pylist(rows)


def plain_split(raw: Path) -> pa.Table:
    """The graph of the Dice file under the simplest reading of its cells, for three seeds."""
    table = find_inputs(raw)["dice"].read()
    rows = []
    for title, cell in zip(table.column("jobtitle"), table.column("skills"), strict=True):
        skills = [s.strip().lower() for s in re.split(r"[,;|\n]", cell)]
        kept = list(dict.fromkeys(s for s in skills if 2 <= len(s) <= 40))
        if title.strip() and kept and not _PLACEHOLDER.search(cell):
            rows.append({"title": title, "skills": kept})
    nothing = pa.table({name: pa.array([], pa.string()) for name in ("title", "skills", "code")})
    graph = build_graph(pa.Table.from_pylist(rows), nothing)
    columns: dict[str, list[str]] = {name: [] for name in REFERENCE}
    for seed in SEEDS:
        clusters = grow_clusters(graph, seed)
        kept_graph = graph.keep_occupations(clusters.covered())
        occupations, skills_kept = len(kept_graph.titles), len(kept_graph.skills)
        edges = len(kept_graph.edge_skill)
        found = {
            "titles": f"{len(graph.titles):,}",
            "skills": f"{len(graph.skills):,}",
            "edges": f"{len(graph.edge_skill):,}",
            "clusters": str(len(clusters)),
            "occupations per cluster": f"{clusters.sizes().mean():.1f}",
            "occupations kept": f"{occupations:,}",
            "skills kept": f"{skills_kept:,}",
            "edges kept": f"{edges:,}",
            "skills per occupation": f"{edges / occupations:.2f}",
            "occupations per skill": f"{edges / skills_kept:.2f}",
        }
        for name, value in found.items():
            columns[name].append(value)
    return pa.Table.from_pylist(
        [
            {"figure": name, **{f"seed {s}": v for s, v in zip(SEEDS, values, strict=True)}}
            | {"reference": REFERENCE[name]}
            for name, values in columns.items()
        ]
    )


if __name__ == "__main__":
    main()
