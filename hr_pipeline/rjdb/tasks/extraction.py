"""Extraction (RJDB 4): a document, and the skills and experiences that it shows.

The reference is the plan of the document, which the gate has found in it, item by item.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hr_pipeline.rjdb.contexts import DOCUMENTS, Document, Experience, context_from_row


def extractions(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of rjdb/extraction from rows of rjdb/triples: one for each document that is there."""
    for row in rows:
        context = context_from_row(row)
        for key, document in DOCUMENTS.items():
            if row[key] is None:
                continue
            plan = context.plan(document.plan)
            yield {
                "document_id": f"{row['triple_id']}-{key}",
                "triple_id": row["triple_id"],
                "split": row["split"],
                "kind": document.kind,
                "text": row[key],
                "skills": list(plan.skills),
                "experiences": [_as_shown(job, document) for job in plan.experiences],
            }


def _as_shown(job: Experience, document: Document) -> str:
    """Job descriptions ask for years, resumes tell of a span."""
    dated = job.duration if document.kind == "job_description" else job.span
    return f"{job.title} ({dated})"
