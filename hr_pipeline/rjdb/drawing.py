"""Drawing contexts with the teacher's help: how many skills, and which job came first."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.llm.engine import Answer, Engine, Unanswered
from hr_pipeline.rjdb.contexts import Context
from hr_pipeline.rjdb.questions import COUNT_SKILLS, ORDER_EXPERIENCES
from hr_pipeline.rjdb.sampling import (
    NoContext,
    Slot,
    World,
    draw_start,
    lay_out,
    walk_from,
)

MOST_ATTEMPTS = 40  # at one slot, before it stays empty


@dataclass(frozen=True)
class Lost:
    """One row that was lost: its key, the cause, and the raw text where there is one."""

    key: str
    cause: str
    detail: str = ""
    raw: str = ""


@dataclass(frozen=True)
class Drawn:
    """A context with the targets of its walk, or None; `attempt` is the last one made."""

    context: Context | None
    attempt: int
    skills_wanted: int = 0
    experiences_wanted: int = 0
    order_kept_as_sampled: bool = False
    lost: list[Lost] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        assert self.context is not None
        return asdict(self.context) | {
            "skills_wanted": self.skills_wanted,
            "experiences_wanted": self.experiences_wanted,
            "order_kept_as_sampled": self.order_kept_as_sampled,
        }


class ContextDrawer:
    """Draws the context of a slot; a draw that fails goes to the ledger, and the next is made."""

    def __init__(self, world: World, engine: Engine) -> None:
        self.world, self.engine = world, engine
        self._counts: dict[str, asyncio.Task[Answer[int]]] = {}

    async def draw(self, slot: Slot, first_attempt: int = 0) -> Drawn:
        lost: list[Lost] = []
        attempt = first_attempt
        for attempt in range(first_attempt, MOST_ATTEMPTS):
            start = draw_start(self.world, slot, attempt)
            try:
                wanted = await self._count_skills(self.world.graph.titles[start.occupation])
                found = walk_from(self.world, start, wanted)
                earlier, kept_as_sampled = await self._arrange(found.occupations[1:])
                context = lay_out(self.world, start, found, earlier)
            except NoContext as reason:
                lost.append(Lost(start.context_id, str(reason)))
            except Unanswered as failure:
                lost.append(Lost(start.context_id, failure.task, failure.reason, failure.raw))
            else:
                experiences = start.n_experiences
                return Drawn(context, attempt, wanted, experiences, kept_as_sampled, lost)
        return Drawn(None, attempt, lost=lost)

    async def _count_skills(self, occupation: str) -> int:
        """One call per occupation, however many contexts ask at once; the answer is reused, and so
        is the failure to give one."""
        asked = self._counts.get(occupation)
        if asked is None or asked.cancelled():
            asked = asyncio.ensure_future(self.engine.ask(COUNT_SKILLS, occupation))
            self._counts[occupation] = asked
        return (await asyncio.shield(asked)).value

    async def _arrange(self, occupations: list[int]) -> tuple[list[int], bool]:
        """Past jobs from earlier to later; as sampled where no valid order comes back."""
        if len(occupations) < 2:
            return occupations, False
        titles = tuple(self.world.graph.titles[o] for o in occupations)
        try:
            order = (await self.engine.ask(ORDER_EXPERIENCES, titles)).value
        except Unanswered:
            return occupations, True
        return [occupations[i] for i in order], False


def draw_contexts(drawer: ContextDrawer, slots: list[Slot], ledger: Ledger) -> Iterator[Drawn]:
    """The contexts of all slots in order; what was lost goes to the ledger as it happens."""
    for drawn in drawer.engine.in_order(drawer.draw, slots):
        for lost in drawn.lost:
            ledger.add("row", lost.key, lost.cause, lost.detail, lost.raw)
        yield drawn
