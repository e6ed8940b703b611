"""The rounds of the batch lane: batches are sent, looked after, fetched and cancelled.

Every step may be killed and done again: what is to be sent is durable before it is sent, a batch is
found again by its tag, and a result that is settled is passed over.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.batch_store import DONE, REFUSED, WHOLE_BATCH, Batch, BatchStore
from hr_pipeline.llm.batch_wire import (
    ENDED,
    BatchApi,
    Outcome,
    UnknownBatch,
    faults_of,
    read_outcome,
)
from hr_pipeline.llm.database import groups
from hr_pipeline.llm.recording import Recording, call_of

A_GROUP = 1_000  # results settled at once
PATIENCE_S = 600.0  # for another process that sends or fetches
NO_RESULT = "the batch ended without a result"


@dataclass
class Polled:
    """What a look at the batches has changed."""

    replies: int = 0  # recorded
    closed: list[str] = field(default_factory=list)  # tags
    under_way: int = 0  # batches, afterwards
    after: str = ""  # tag of the last one looked at: the next look begins behind it
    is_busy: bool = False  # another process is at work; nothing was done
    failure: Exception | None = None  # the first one


class Apis:
    """One client for each provider."""

    def __init__(self, tries: int = 5, timeout_s: float = 60.0) -> None:
        self._tries, self._timeout_s = tries, timeout_s
        self._held: dict[str, BatchApi] = {}

    def of(self, batch: Batch) -> BatchApi:
        if batch.provider not in self._held:
            self._held[batch.provider] = BatchApi(batch.facts, self._tries, self._timeout_s)
        return self._held[batch.provider]


def push(store: BatchStore, api: BatchApi, batch: Batch, is_new: bool = False) -> Batch:
    """Bring a prepared batch to the provider, once. What a killed process has left is gone on with;
    only a batch that is new to all is not looked for. Raises InputError, TeacherUnavailable."""
    tag, found = batch.tag, None
    if not is_new:
        found = api.find(tag, batch.created)
    if found is None:
        try:
            file_id = batch.file_id
            if not file_id:
                texts = ((key, text) for key, _, text in store.requests(store.sent(tag)))
                file_id = api.upload(tag, texts)
                store.note_sent(tag, file_id=file_id)
            found = api.create(tag, file_id, batch.created)
        except InputError as refusal:  # so there is no such batch, nor will there be
            store.close(tag, "refused", said=str(refusal), counted=False)
            raise
    store.note_sent(tag, batch_id=found.id, state=found.status)
    return batch._replace(batch_id=found.id, state=found.status)


def poll(recording: Recording, model: str = "") -> Polled:
    """Look at the batches under way, of a model or of all, and record what has come.

    All are looked at before an error of one is raised.
    """
    polled = _poll(recording, model, Polled(), Apis(), float("inf"), PATIENCE_S)
    if polled.failure:
        raise polled.failure
    return polled


def tick(recording: Recording, after: str, seconds: float) -> Polled:
    """The same for about so many seconds, one batch at least, beginning behind the tag `after`; the
    next tick goes on where this one has ended. The first error is told, not raised."""
    apis = Apis(tries=2, timeout_s=max(seconds / 2, 1.0))
    return _poll(recording, "", Polled(after=after), apis, time.monotonic() + seconds, 0.0)


def _poll(
    recording: Recording,
    model: str,
    polled: Polled,
    apis: Apis,
    deadline: float,
    patience_s: float,
) -> Polled:
    store = BatchStore(recording)
    with store.alone(patience_s) as held:
        if not held:
            polled.is_busy = True
            return polled
        for batch in _beginning_after(polled.after, store.batches(under_way=True, model=model)):
            try:
                _look(store, apis.of(batch), batch, polled, lambda: time.monotonic() >= deadline)
            except Exception as error:
                polled.failure = polled.failure or error
            polled.after = batch.tag
            if time.monotonic() >= deadline:
                break
        polled.under_way = len(store.batches(under_way=True, model=model))
    return polled


def _beginning_after(tag: str, batches: list[Batch]) -> list[Batch]:
    """All in turn, by tag: also where the one with this tag has ended meanwhile."""
    return sorted(batches, key=lambda batch: (batch.tag <= tag, batch.tag))


def _look(
    store: BatchStore, api: BatchApi, batch: Batch, polled: Polled, is_late: Callable[[], bool]
) -> None:
    if not batch.batch_id:
        batch = push(store, api, batch)
    remote = api.retrieve(batch.batch_id)
    if remote.status not in ENDED:
        store.note_sent(batch.tag, state=remote.status)
        return
    if remote.status == "failed":
        _fail(store, batch, remote)
    elif not _fetch(store, api, batch, remote, polled, is_late):
        return
    polled.closed.append(batch.tag)


def _fail(store: BatchStore, batch: Batch, remote: Any) -> None:
    """Nothing of it was run. Requests that the provider names are refused, the others open."""
    faults, keys = faults_of(remote), store.sent(batch.tag)
    named = [(keys[n - 1], said) for n, said in faults.of_lines.items() if 0 < n <= len(keys)]
    others = [b for b in store.batches(under_way=True, model=batch.model) if b.tag != batch.tag]
    with store.database.transaction():
        store.refused(batch.tag, named)
        store.close(
            batch.tag,
            "failed",
            said=WHOLE_BATCH + faults.said,
            counted=not (faults.is_full and others),
        )


def _fetch(
    store: BatchStore,
    api: BatchApi,
    batch: Batch,
    remote: Any,
    polled: Polled,
    is_late: Callable[[], bool],
) -> bool:
    """Record the replies and close the batch; False where it is late: the next look goes on."""
    tally, waiting = Tally(), set(store.sent(batch.tag))
    status = str(remote.status)
    counted, began = status != "cancelled", False
    for name in ("output_file_id", "error_file_id"):
        file_id = getattr(remote, name, None)
        for group in groups(_outcomes(api, file_id) if file_id else (), A_GROUP):
            tally.add(group)
            new = [outcome for outcome in group if outcome.key in waiting]
            if new and began and is_late():
                return False
            polled.replies += _settle(store, api, batch, new, counted)
            began = began or bool(new)
    store.close(
        batch.tag,
        status,
        said=NO_RESULT if counted else "cancelled",
        counted=counted,
        done=tally.done,
        prompt_tokens=tally.prompt_tokens,
        completion_tokens=tally.completion_tokens,
    )
    return True


def _outcomes(api: BatchApi, file_id: str) -> Iterator[Outcome]:
    for line in api.lines(file_id):
        outcome = read_outcome(line)
        if outcome is not None:
            yield outcome


@dataclass
class Tally:
    """Of all results of a batch, settled now or before."""

    done: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            self.done += outcome.state == DONE
            if outcome.reply:
                self.prompt_tokens += outcome.reply.prompt_tokens
                self.completion_tokens += outcome.reply.completion_tokens


def _settle(
    store: BatchStore, api: BatchApi, batch: Batch, outcomes: list[Outcome], counted: bool
) -> int:
    """Replies to the recording first, then the requests' states; returns the number of replies."""
    replies = {o.key: o.reply for o in outcomes if o.state == DONE and o.reply}
    store.recording.add(
        [
            call_of(key, task, batch.model, text, replies[key], time.time())
            for key, task, text in store.requests(list(replies))
        ]
    )
    store.answered(list(replies))
    said = [(o, api.provider.without_key(o.said)) for o in outcomes if o.state != DONE]
    store.refused(batch.tag, [(o.key, words) for o, words in said if o.state == REFUSED])
    store.failed(batch.tag, [(o.key, words) for o, words in said if o.state != REFUSED], counted)
    return len(replies)


def cancel(recording: Recording, which: str = "") -> list[Batch]:
    """Cancel the batches under way, or the one with this tag or id; what they have answered so far
    is fetched when the provider has cancelled them. Builds that wait for them are not launched."""
    store, apis = BatchStore(recording), Apis()
    with at_work(store):
        chosen = _chosen(store, which)
        _let_go(store, chosen)
        for batch in chosen:
            api, batch_id = apis.of(batch), batch.batch_id
            if not batch_id:
                found = api.find(batch.tag, batch.created)
                batch_id = found.id if found else ""
            try:
                if not batch_id:
                    raise UnknownBatch("it was never created")
                state = api.cancel(batch_id).status
                store.note_sent(batch.tag, batch_id=batch_id, state=state)
            except UnknownBatch:
                store.close(batch.tag, "cancelled", said="cancelled", counted=False)
    return chosen


def forget(recording: Recording, which: str) -> list[Batch]:
    """Close a batch without asking the provider: its requests are open, to be sent again."""
    store = BatchStore(recording)
    with at_work(store):
        chosen = _chosen(store, which)
        _let_go(store, chosen)
        for batch in chosen:
            store.close(batch.tag, "forgotten", said="forgotten", counted=False)
    return chosen


@contextmanager
def at_work(store: BatchStore) -> Iterator[None]:
    with store.alone(PATIENCE_S) as held:
        if not held:
            raise InputError("another process is at work on the batches", mend="try again later")
        yield


def _chosen(store: BatchStore, which: str) -> list[Batch]:
    under_way = store.batches(under_way=True)
    chosen = [batch for batch in under_way if which in ("", batch.tag, batch.batch_id)]
    if which and not chosen:
        raise InputError("no such batch is under way", which, "see: hr-pipeline batches")
    return chosen


def _let_go(store: BatchStore, batches: list[Batch]) -> None:
    tags = {batch.tag for batch in batches}
    for build in store.waiting():
        if tags & set(build.tags):
            store.stop_waiting(build.run_id)
