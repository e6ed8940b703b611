"""Writing triples (RJDB 2.2): documents through the gate, replacements for what fails it or
repeats a document of another split."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import short_hash
from hr_pipeline.llm.engine import Engine, Unanswered
from hr_pipeline.llm.task import Input, Task, Value
from hr_pipeline.rjdb.contexts import Context, context_from_row, documents_of
from hr_pipeline.rjdb.documents import heads_of
from hr_pipeline.rjdb.drawing import ContextDrawer, Drawn, Lost
from hr_pipeline.rjdb.gate import check_triple
from hr_pipeline.rjdb.originality import WrittenBefore
from hr_pipeline.rjdb.prompt_files import prompt_hashes
from hr_pipeline.rjdb.questions import (
    WRITE_SECTION,
    WRITE_TRIPLE,
    SectionQuestion,
    TripleQuestion,
)
from hr_pipeline.rjdb.sampling import Slot

WritingMode = Literal["whole", "sections"]
NEAR_DUPLICATE = "near_duplicate"  # the ledger's cause


@dataclass(frozen=True)
class WritingSettings:
    """`swapped`: write the swapped resume too; `replacements`: contexts written after a failed one
    (draws that give no context do not count); `sample`: triples written at most, 0 for all."""

    mode: WritingMode = "whole"
    swapped: bool = True
    replacements: int = 5
    sample: int = 0

    def ordered(self, contexts: int) -> int:
        """How many triples are written of so many contexts."""
        return min(self.sample, contexts) if self.sample else contexts


@dataclass(frozen=True)
class Written:
    """A row of rjdb/triples, or None where every replacement failed too."""

    row: dict[str, Any] | None
    lost: list[Lost] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """Contexts drawn for the place: each is written or lost."""
        return len(self.lost) + (self.row is not None)


@dataclass
class Spent:
    """Requests sent for the documents of a context, and how many of them asked again."""

    request_ids: list[str] = field(default_factory=list)
    reasks: int = 0

    def add(self, request_ids: Iterable[str], reasks: int) -> None:
        self.request_ids += request_ids
        self.reasks += reasks


@dataclass
class Failed:
    """The contexts of a place that failed in writing, all draws that were lost, what was spent."""

    contexts: int = 0
    lost: list[Lost] = field(default_factory=list)
    spent: Spent = field(default_factory=Spent)

    def add(self, lost: Lost, spent: Spent) -> None:
        self.contexts += 1
        self.lost.append(lost)
        self.spent.add(spent.request_ids, spent.reasks)


class TripleWriter:
    """Writes the triple of a planned context, or of a replacement of the same cluster, gender, name
    group and split, so that the ordered number is reached."""

    def __init__(self, engine: Engine, drawer: ContextDrawer, settings: WritingSettings) -> None:
        self.engine, self.drawer, self.settings = engine, drawer, settings
        hashes = prompt_hashes(settings.mode)
        self._prompt_hash = short_hash(*sorted(hashes.items()))
        self._before = WrittenBefore()

    async def write(self, planned: Context) -> Written:
        slot, attempt = slot_of(planned)
        return await self._write(slot, Drawn(planned, attempt), Failed())

    async def settle(self, written: Written) -> Written:
        """To be called in row order: a triple that repeats a document of another split, written
        before it, is replaced too (METHOD 5), so that of two the later one goes."""
        while (row := written.row) is not None:
            context = context_from_row(row)
            documents = {key: row[key] for key in documents_of(self.settings.swapped)}
            repeated = self._before.repeated(row["triple_id"], context, documents)
            if repeated is None:
                break
            written = await self.replace(written, row, str(repeated), repeated.text)
        return written

    async def replace(
        self, written: Written, row: Mapping[str, Any], detail: str, text: str
    ) -> Written:
        """What comes in place of a triple (its row) that repeats another one."""
        slot, attempt = slot_of(context_from_row(row))
        failed = Failed(
            row["replaced"], written.lost, Spent(row["lost_request_ids"], row["reasks"])
        )
        lost = Lost(row["context_id"], NEAR_DUPLICATE, detail, text)
        failed.add(lost, Spent(row["request_ids"]))
        return await self._write(slot, await self._next(slot, attempt, failed), failed)

    async def _write(self, slot: Slot, drawn: Drawn, failed: Failed) -> Written:
        """The first triple that can be written, of this context or those drawn after it."""
        while (context := drawn.context) is not None:
            spent = Spent()
            try:
                documents = await self._documents(context, spent)
            except Unanswered as failure:
                key = context.context_id
                failed.add(Lost(key, failure.task, failure.reason, failure.raw), spent)
                drawn = await self._next(slot, drawn.attempt, failed)
                continue
            row = {
                "triple_id": slot.triple_id,
                **asdict(context),
                "resume_swapped": None,
                **documents,
                "teacher": self.engine.teacher.model,
                "writing_mode": self.settings.mode,
                "prompt_hash": self._prompt_hash,
                "request_ids": spent.request_ids,
                "lost_request_ids": failed.spent.request_ids,
                "reasks": spent.reasks + failed.spent.reasks,
                "replaced": failed.contexts,
            }
            return Written(row, failed.lost)
        return Written(None, failed.lost)

    async def _next(self, slot: Slot, attempt: int, failed: Failed) -> Drawn:
        """The context that is tried after a failed one; none after all replacements."""
        if failed.contexts > self.settings.replacements:
            return Drawn(None, attempt)
        drawn = await self.drawer.draw(slot, attempt + 1)
        failed.lost += drawn.lost
        return drawn

    async def _documents(self, context: Context, spent: Spent) -> dict[str, str]:
        """Texts by document; raises Unanswered. `spent` is added to in both cases."""
        if self.settings.mode == "whole":
            return await self._ask(
                WRITE_TRIPLE, TripleQuestion(context, self.settings.swapped), spent
            )
        return await self._section_by_section(context, spent)

    async def _section_by_section(self, context: Context, spent: Spent) -> dict[str, str]:
        """One call per section; the changed resumes keep the matched one's person and education."""
        bodies, documents = dict[str, dict[str, str]](), dict[str, str]()
        for document in documents_of(self.settings.swapped):
            heads = heads_of(document)
            written: dict[str, str] = {}
            for section in heads:
                if section in ("personal_information", "education") and "resume_matched" in bodies:
                    written[section] = bodies["resume_matched"][section]
                    continue
                model = bodies["resume_matched"][section] if document == "resume_swapped" else ""
                so_far, words = _assemble(written, heads), len(model.split())
                question = SectionQuestion(context, document, section, so_far, words)
                written[section] = await self._ask(WRITE_SECTION, question, spent)
            bodies[document], documents[document] = written, _assemble(written, heads)
        problems = check_triple(context, documents, self.settings.swapped)
        if problems:
            reason = "; ".join(problem.message for problem in problems)
            raw = "\n\n".join(documents.values())
            raise Unanswered(WRITE_SECTION.name, reason, raw, tuple(spent.request_ids))
        return documents

    async def _ask(self, task: Task[Input, Value], question: Input, spent: Spent) -> Value:
        try:
            answer = await self.engine.ask(task, question)
        except Unanswered as failure:
            spent.add(failure.request_ids, len(failure.request_ids) - 1)
            raise
        spent.add(answer.request_ids, len(answer.request_ids) - 1)
        return answer.value


def _assemble(bodies: dict[str, str], heads: dict[str, str]) -> str:
    return "\n\n".join(f"## {heads[section]}\n{body}" for section, body in bodies.items())


def slot_of(context: Context) -> tuple[Slot, int]:
    """The slot that a context fills, and which attempt at it this is: "c00012-00034-0" is cluster
    12, index 34, attempt 0."""
    cluster, index, attempt = context.context_id.split("-")
    slot = Slot(int(cluster[1:]), int(index), context.split, context.gender, context.name_group)
    return slot, int(attempt)


def write_triples(
    writer: TripleWriter, contexts: Iterator[Context], ledger: Ledger
) -> Iterator[Written]:
    """The triples of all contexts in order; what was lost goes to the ledger as it happens."""
    for written in writer.engine.in_order(writer.write, contexts, writer.settle):
        for lost in written.lost:
            ledger.add("row", lost.key, lost.cause, lost.detail, lost.raw)
        yield written
