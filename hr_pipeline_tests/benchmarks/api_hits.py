"""How many skills of a hand-written list have a right API among their nearest.

`python -m hr_pipeline_tests.benchmarks.api_hits --raw DIR --embedder E`; the list is
hr_pipeline_tests/jaqa/known_apis.yaml.
"""

import argparse
from pathlib import Path

import yaml

from hr_pipeline.embedding.models import open_embedder
from hr_pipeline.jaqa.apis.catalog import Api, catalog_of
from hr_pipeline.jaqa.apis.choose import Skill, retrieve
from hr_pipeline.sources.api_lists import find_api_lists
from hr_pipeline.sources.apis import read_apis

KNOWN = Path(__file__).parents[1] / "jaqa" / "known_apis.yaml"
PLACES = (1, 5, 30)


def hits(catalog: list[Api], embedder: str, cache: Path | None = None) -> dict[str, list[float]]:
    """Kind of skill -> share of its skills with a right API among the nearest 1, 5, 30."""
    kinds: dict[str, dict[str, list[str]]] = yaml.safe_load(KNOWN.read_text(encoding="utf-8"))
    opened, found = open_embedder(embedder, cache=cache, corpus_alone=True), {}
    for kind, known in kinds.items():
        skills = [Skill(name, 1) for name in known]
        questions = retrieve(skills, catalog, opened, max(PLACES), seed=1).questions
        found[f"{kind} ({len(skills)})"] = [
            sum(bool({*q.candidates[:place]} & {*known[q.skill]}) for q in questions) / len(skills)
            for place in PLACES
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="folder of raw files")
    parser.add_argument("--embedder", default="lexical")
    parser.add_argument("--cache", type=Path, help="file that keeps vectors")
    arguments = parser.parse_args()
    catalog = catalog_of(read_apis(find_api_lists(arguments.raw, {})).table, [])
    print(f"{len(catalog):,} APIs, {arguments.embedder}: hit@1, @5, @30")
    for kind, shares in hits(catalog, arguments.embedder, arguments.cache).items():
        print(f"{kind}: " + " ".join(f"{share:.2f}" for share in shares))


if __name__ == "__main__":
    main()
