"""The contract of every dataset of the lake."""

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.graph import GRAPH
from hr_pipeline.lake.datasets.jaqa import JAQA
from hr_pipeline.lake.datasets.models import MODELS
from hr_pipeline.lake.datasets.quality import QUALITY
from hr_pipeline.lake.datasets.rjdb import RJDB
from hr_pipeline.lake.datasets.rjdb_tasks import RJDB_TASKS
from hr_pipeline.lake.datasets.sources import SOURCES
from hr_pipeline.lake.datasets.taxonomy import TAXONOMY
from hr_pipeline.lake.datasets.tm_eval import TM_EVAL
from hr_pipeline.lake.ledger import LEDGER_SCHEMA

_CONTRACTS = (*SOURCES, *GRAPH, *TAXONOMY, *RJDB, *RJDB_TASKS, *JAQA, *TM_EVAL, *QUALITY, *MODELS)


def _ledger(dataset: str) -> Contract:
    meaning = {
        "step": "row: a row of the dataset was lost; any other word: a part of a row that stays",
        "key": "the lost thing's id",
        "cause": "why, in one word",
        "detail": "why, in a sentence",
        "raw": "what was lost, as it came",
    }
    columns = [Column(f.name, f.type, meaning[f.name], f.nullable) for f in LEDGER_SCHEMA]
    return Contract(f"{dataset}_ledger", f"What {dataset} lost", tuple(columns), key=())


CONTRACTS: dict[str, Contract] = {c.dataset: c for c in _CONTRACTS} | {
    f"{c.dataset}_ledger": _ledger(c.dataset) for c in _CONTRACTS
}
