"""Dagster resources. Light to import: what they open is imported where it is opened."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import dagster as dg

if TYPE_CHECKING:
    from hr_pipeline.embedding import models
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.llm.bill import Bill
    from hr_pipeline.llm.engine import Engine
    from hr_pipeline.llm.prices import ModelPrice
    from hr_pipeline.llm.recording import Recording

TEMPLATE = "template"
LOCAL = "local"


class Run(dg.ConfigurableResource):
    """What a whole run shares: the lake, the seed, the raw folder, and whether to make unchanged
    datasets again."""

    lake_root: str = "data_lake"
    raw: str = "data_lake/raw"
    seed: int = 1
    force: bool = False

    def lake(self) -> "Lake":
        from hr_pipeline.lake.store import Lake

        return Lake(self.lake_root)


class Teacher(dg.ConfigurableResource):
    """The teacher: "template", "openai" for a model behind any OpenAI-compatible endpoint, "azure"
    for a deployment of Azure OpenAI, or "local" for a model that runs in this process."""

    role: ClassVar[str] = "teacher"  # its name among the resources

    kind: str = TEMPLATE
    model: str = ""
    base_url: str = ""
    api_version: str = ""
    key_variable: str = "OPENAI_API_KEY"
    parameters: dict[str, Any] = {}
    structured: bool = True
    max_reasks: int = 2
    concurrency: int = 16
    rpm: float = 0
    tpm: float = 0
    timeout_s: float = 300.0
    attempts: int = 8
    patience_s: float = 10.0
    transport: str = "http"
    lane: str = "live"
    last_round: str = "batch"
    batch_requests: int = 10_000
    batch_tokens: int = 0
    budget_usd: float = 0
    prices: str = ""
    recording: str = ""
    record_template: bool = True

    @property
    def name(self) -> str:
        """As requests and rows carry it; a local model's holds a hash of its weights. Raises
        InputError where there is no such local model."""
        if self.kind == LOCAL:
            from hr_pipeline.llm.weights import name_of

            return name_of(self.model)
        return TEMPLATE if self.kind == TEMPLATE else self.model

    @property
    def notice(self) -> str:
        from hr_pipeline.llm.template import NOT_A_BENCHMARK

        return NOT_A_BENCHMARK if self.kind == TEMPLATE else ""

    def recipe_facts(self) -> dict[str, Any]:
        """What of the teacher decides content: not its address, not its speed."""
        from hr_pipeline.llm.template import VERSION

        own = {"version": VERSION} if self.kind == TEMPLATE else dict(self.parameters)
        return {"parameters": own, "max_reasks": self.max_reasks}

    def where(self, lake: "Lake") -> "str | Path":
        """Where replies are kept: as set, else $HR_PIPELINE_RECORDING, else in the lake."""
        from hr_pipeline.llm.recording import place_of

        return place_of(self.recording, lake)

    @contextmanager
    def engine(
        self, lake: "Lake", seed: int, run_id: str, order: dict[str, Any] | None = None
    ) -> "Iterator[Engine]":
        """The engine for one making; `order` is what it takes to run it again (batch lane).

        The account that a budget covers stays open until a making ends well, so that a build which
        was killed or stopped goes on under the same cap. Raises InputError.
        """
        from hr_pipeline.lake.errors import InputError
        from hr_pipeline.llm.batch import BatchTeacher
        from hr_pipeline.llm.batch_rounds import poll
        from hr_pipeline.llm.batch_store import BatchStore
        from hr_pipeline.llm.engine import Engine
        from hr_pipeline.llm.prices import load_prices
        from hr_pipeline.llm.recording import Recording
        from hr_pipeline.llm.template import TemplateTeacher

        self.check()
        facts: dict[str, Any] = {
            "concurrency": self.concurrency,
            "max_reasks": self.max_reasks,
            "attempts": self.attempts,
        }
        where = self.where(lake)
        if self.kind == TEMPLATE:
            recording = Recording(where) if self.record_template else None
            with Engine(TemplateTeacher(seed), recording, **facts) as engine:
                yield engine
            return
        name = self.name
        known = load_prices(self.prices or None).of(name)
        with closing(Recording(where)) as recording:
            if self.lane == "batch":
                poll(recording, name)
            elif under_way := BatchStore(recording).batches(under_way=True, model=name):
                raise InputError(
                    f"{len(under_way)} batches of {name} are under way; a live run would pay "
                    "for their questions twice",
                    mend="use --lane batch, or first: hr-pipeline batches --wait (or --cancel)",
                )
            since = recording.open_account(name, run_id)
            bill = self._bill(recording, known, since)
            teacher = (
                self._local() if self.kind == LOCAL else self._endpoint(recording, known, order)
            )
            with Engine(teacher, recording, bill=bill, **facts) as engine:
                yield engine
                recording.close_account(name, run_id)
                if isinstance(teacher, BatchTeacher):
                    teacher.finished()

    def check(self) -> None:
        """Settings in their ranges; raises InputError."""
        from hr_pipeline.lake.errors import InputError

        allowed = {
            "kind": (TEMPLATE, "openai", "azure", LOCAL),
            "lane": ("live", "batch"),
            "last_round": ("batch", "live"),
        }
        for field, values in allowed.items():
            if getattr(self, field) not in values:
                raise InputError(
                    f"there is no {getattr(self, field)!r}",
                    f"{self.role}.{field}",
                    f"use {' or '.join(values)}",
                )
        least = {"concurrency": 1, "attempts": 1, "max_reasks": 0, "rpm": 0, "tpm": 0}
        least |= {"budget_usd": 0, "patience_s": 0, "timeout_s": 1}
        least |= {"batch_requests": 1, "batch_tokens": 0}
        for field, number in least.items():
            if not getattr(self, field) >= number:  # nor is NaN, which would be no cap
                raise InputError(f"at least {number} is needed", f"{self.role}.{field}")
        if self.kind != TEMPLATE and not self.model:
            mend = "add --model M" if self.role == "teacher" else f"add --set {self.role}.model=M"
            raise InputError(f"no model is named for the {self.kind} {self.role}", mend=mend)
        if self.kind == LOCAL and self.lane == "batch":
            raise InputError("a local model has no batch lane", f"{self.role}.lane", "use live")

    def _bill(self, recording: "Recording", known: "ModelPrice | None", since: float) -> "Bill":
        from hr_pipeline.lake.errors import InputError
        from hr_pipeline.llm.batch import committed
        from hr_pipeline.llm.bill import Bill

        if known is None:
            if self.budget_usd:
                raise InputError(
                    f"no price is known for {self.model!r}, so no budget can be kept",
                    f"{self.role}.budget_usd",
                    "give its price in a file: --prices FILE (docs/plan.md)",
                )
            return Bill()
        paid = recording.spent(self.name, since)
        spent = sum(known.price.of(p, c) for _, _, p, c in paid)
        spent += committed(recording, self.name, since, known.price)
        return Bill(known.price, self.budget_usd or None, spent)

    def _local(self) -> Any:
        from hr_pipeline.llm.local import LocalTeacher

        return LocalTeacher(
            self.model,
            parameters=dict(self.parameters),
            batch=self.concurrency,
            timeout_s=self.timeout_s,
        )

    def _endpoint(
        self, recording: "Recording", known: "ModelPrice | None", order: dict[str, Any] | None
    ) -> Any:
        from hr_pipeline.llm.batch import BatchLimits, BatchTeacher
        from hr_pipeline.llm.client import HttpTeacher
        from hr_pipeline.llm.providers import provider

        live = HttpTeacher(
            self.model,
            provider(
                *(self.kind, self.base_url, self.api_version, self.key_variable),
                may_replay=self.lane == "live",
            ),
            parameters=dict(self.parameters),
            takes_schema=self.structured,
            transport=self.transport,
            timeout_s=self.timeout_s,
            rpm=self.rpm,
            tpm=self.tpm,
            patience_s=self.patience_s,
        )
        if self.lane == "live":
            return live
        return BatchTeacher(
            live,
            recording,
            key_variable=self.key_variable,
            structured=self.structured,
            price=known.batch_price if known else None,
            last_round=self.last_round,
            limits=BatchLimits(requests=self.batch_requests, tokens=self.batch_tokens),
            order=order,
        )


class Judge(Teacher):
    """A second teacher, with settings of its own: it judges what the first has written."""

    role: ClassVar[str] = "judge"


class Embedder(dg.ConfigurableResource):
    """What makes vectors of texts: "lexical", a sentence-transformers model by name or folder,
    "openai:MODEL" behind an OpenAI-compatible endpoint, or several as "A+B". Beyond `exact_up_to`
    pairs of texts the nearest are looked up in an index."""

    model: str = "lexical"
    base_url: str = ""
    key_variable: str = "OPENAI_API_KEY"
    query_prompt: str = ""
    trust_remote_code: bool = False
    batch: int = 64
    exact_up_to: int = 100_000_000_000

    def recipe_facts(self) -> dict[str, Any]:
        """What of the embedder decides content: not its address, not its speed."""
        from hr_pipeline.embedding.transformer import folders_hash

        fields = ("model", "query_prompt", "exact_up_to")
        facts = {field: getattr(self, field) for field in fields}
        return {"embedder": facts | {"files": folders_hash(self.model)}}

    def open(self, lake: "Lake") -> "models.Embedder":
        """The embedder, with the lake's cache of vectors. Raises InputError."""
        from hr_pipeline.embedding.models import open_embedder

        return open_embedder(
            self.model,
            cache=lake.vectors_path,
            base_url=self.base_url,
            key_variable=self.key_variable,
            query_prompt=self.query_prompt,
            trust_remote_code=self.trust_remote_code,
            batch=self.batch,
            corpus_alone=True,
            log=dg.get_dagster_logger().info,
        )


@dg.logger(config_schema={})
def one_line_logger(context: dg.InitLoggerContext) -> logging.Logger:
    """What assets say, a line each, on stderr; Dagster keeps everything else in its event log."""
    logger = logging.Logger("hr_pipeline", logging.INFO)
    handler = logging.StreamHandler()
    handler.addFilter(_said_by_an_asset)
    logger.addHandler(handler)
    return logger


def _said_by_an_asset(record: logging.LogRecord) -> bool:
    """Keep an asset's own words, without the prefix that Dagster puts before them. What went wrong
    is told once, by the command, and stands in Dagster's event log."""
    facts = getattr(record, "dagster_meta", {})
    record.msg, record.args = facts.get("orig_message", record.msg), None
    return facts.get("dagster_event") is None and record.levelno == logging.INFO
