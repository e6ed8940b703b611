"""Writing triples (RJDB 2.2): documents through the gate, replacements for what fails it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import short_hash
from hr_pipeline.llm.engine import Engine, Unanswered
from hr_pipeline.rjdb.contexts import Context, Experience, Shortened, Swap
from hr_pipeline.rjdb.documents import heads_of
from hr_pipeline.rjdb.drawing import ContextDrawer, Lost
from hr_pipeline.rjdb.gate import check_triple
from hr_pipeline.rjdb.questions import (
    WRITE_SECTION,
    WRITE_TRIPLE,
    SectionQuestion,
    TripleQuestion,
    documents_of,
    prompt_hashes,
)
from hr_pipeline.rjdb.sampling import Slot

WritingMode = Literal["whole", "sections"]


@dataclass(frozen=True)
class WritingSettings:
    """`swapped`: write the swapped resume too; `replacements`: contexts written after a failed one
    (draws that give no context do not count)."""

    mode: WritingMode = "whole"
    swapped: bool = True
    replacements: int = 5


@dataclass(frozen=True)
class Written:
    """A row of rjdb/triples, or None where every replacement failed too; `tried` contexts."""

    row: dict[str, Any] | None
    tried: int
    lost: list[Lost] = field(default_factory=list)


@dataclass(frozen=True)
class Documents:
    """Texts by document name, the requests behind them, and how many of these were re-asks."""

    texts: dict[str, str]
    request_ids: tuple[str, ...]
    reasks: int


class TripleWriter:
    """Writes the triple of a planned context, or of a replacement of the same cluster, gender, name
    group and split, so that the ordered number is reached."""

    def __init__(self, engine: Engine, drawer: ContextDrawer, settings: WritingSettings) -> None:
        self.engine, self.drawer, self.settings = engine, drawer, settings
        hashes = prompt_hashes(settings.mode)
        self._prompt_hash = short_hash(*sorted(hashes.items()))

    async def write(self, planned: tuple[Slot, Context]) -> Written:
        slot, context = planned
        lost: list[Lost] = []
        attempt, tried, failed = int(context.context_id.rsplit("-", 1)[1]), 1, 0
        while True:
            try:
                documents = await self._documents(context)
                return Written(self._row(slot, context, documents), tried, lost)
            except Unanswered as failure:
                lost.append(Lost(context.context_id, failure.task, failure.reason, failure.raw))
            failed += 1
            if failed > self.settings.replacements:
                return Written(None, tried, lost)
            drawn = await self.drawer.draw(slot, attempt + 1)
            lost += drawn.lost
            tried += len(drawn.lost)
            if drawn.context is None:
                return Written(None, tried, lost)
            context, attempt, tried = drawn.context, drawn.attempt, tried + 1

    async def _documents(self, context: Context) -> "Documents":
        if self.settings.mode == "whole":
            question = TripleQuestion(context, self.settings.swapped)
            answer = await self.engine.ask(WRITE_TRIPLE, question)
            ids = answer.request_ids
            return Documents(answer.value, ids, len(ids) - 1)
        return await self._section_by_section(context)

    async def _section_by_section(self, context: Context) -> "Documents":
        """One call per section; the changed resumes keep the matched one's person and education."""
        request_ids: tuple[str, ...] = ()
        reasks, bodies, documents = 0, dict[str, dict[str, str]](), dict[str, str]()
        for document in documents_of(self.settings.swapped):
            heads = heads_of(document)
            written: dict[str, str] = {}
            for section in heads:
                if section in ("personal_information", "education") and "resume_matched" in bodies:
                    written[section] = bodies["resume_matched"][section]
                    continue
                question = SectionQuestion(context, document, section, _assemble(written, heads))
                answer = await self.engine.ask(WRITE_SECTION, question)
                request_ids += answer.request_ids
                reasks += len(answer.request_ids) - 1
                written[section] = answer.value
            bodies[document], documents[document] = written, _assemble(written, heads)
        problems = check_triple(context, documents, self.settings.swapped)
        if problems:
            reason = "; ".join(problem.message for problem in problems)
            raise Unanswered(
                WRITE_SECTION.name, reason, "\n\n".join(documents.values()), request_ids
            )
        return Documents(documents, request_ids, reasks)

    def _row(self, slot: Slot, context: Context, documents: "Documents") -> dict[str, Any]:
        return {
            "triple_id": slot.triple_id,
            **asdict(context),
            "resume_swapped": None,
            **documents.texts,
            "teacher": self.engine.teacher.model,
            "writing_mode": self.settings.mode,
            "prompt_hash": self._prompt_hash,
            "request_ids": list(documents.request_ids),
            "reasks": documents.reasks,
        }


def _assemble(bodies: dict[str, str], heads: dict[str, str]) -> str:
    return "\n\n".join(f"## {heads[section]}\n{body}" for section, body in bodies.items())


def context_from_row(row: dict[str, Any]) -> Context:
    """A row of rjdb/contexts (or rjdb/triples) as a Context."""
    return Context(
        context_id=row["context_id"],
        cluster_id=row["cluster_id"],
        occupation=row["occupation"],
        category=row["category"],
        split=row["split"],
        skills=tuple(row["skills"]),
        experiences=tuple(Experience(**e) for e in row["experiences"]),
        first_name=row["first_name"],
        gender=row["gender"],
        name_group=row["name_group"],
        removed_skills=tuple(row["removed_skills"]),
        swaps=tuple(Swap(**s) for s in row["swaps"] or ()),
        shortened=Shortened(**row["shortened"]),
    )


def slot_of(context: Context) -> Slot:
    """The slot that a context fills: "c00012-00034-0" is cluster 12, index 34, first attempt."""
    cluster, index, _ = context.context_id.split("-")
    return Slot(int(cluster[1:]), int(index), context.split, context.gender, context.name_group)


def write_triples(
    writer: TripleWriter, contexts: Iterator[Context], ledger: Ledger
) -> Iterator[Written]:
    """The triples of all contexts in order; what was lost goes to the ledger as it happens."""
    planned = ((slot_of(context), context) for context in contexts)
    for written in writer.engine.in_order(writer.write, planned):
        for lost in written.lost:
            ledger.add("row", lost.key, lost.cause, lost.detail, lost.raw)
        yield written
