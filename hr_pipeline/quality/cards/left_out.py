"""Whether Dice left a trace in what was to be made without it."""

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.lineage import Lineage
from hr_pipeline.lake.store import Lake
from hr_pipeline.sources.licences import BY_FORM


def traces_of_dice(lake: Lake, made_from: Lineage, cards: Build) -> list[str]:
    """Where Dice took part, in words: files of the lineage, postings, edges, cards."""
    traces = [f"file {name}" for name in made_from.files if name.startswith("dice: ")]
    if made_from.builds["sources/postings"].rows:
        traces.append("rows of sources/postings")
    version = made_from.builds["graph/edges"].version
    batches = lake.batches("graph/edges", version, ["source"])
    if any("dice" in batch.column("source").to_pylist() for batch in batches):
        traces.append("edges of graph/edges")
    attribution = BY_FORM["dice"].attribution
    for row in lake.table("quality/cards", cards.version).to_pylist():
        if attribution in row["content"]:
            traces.append(f"attribution in {row['name']}")
    return traces
