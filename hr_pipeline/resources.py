"""Dagster resources. Light to import: what they open is imported where it is opened."""

import logging
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.llm.engine import Engine

TEMPLATE = "template"


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
    """The teacher: "template", or "openai" for a model behind any OpenAI-compatible endpoint."""

    kind: str = TEMPLATE
    model: str = ""
    base_url: str = ""
    key_variable: str = "OPENAI_API_KEY"
    parameters: dict[str, Any] = {}
    concurrency: int = 16
    max_reasks: int = 2
    record_template: bool = True

    @property
    def name(self) -> str:
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

    def engine(self, lake: "Lake", seed: int) -> "Engine":
        from hr_pipeline.lake.errors import InputError
        from hr_pipeline.llm.client import OpenAITeacher
        from hr_pipeline.llm.engine import Engine
        from hr_pipeline.llm.recording import Recording
        from hr_pipeline.llm.template import TemplateTeacher

        if self.kind not in (TEMPLATE, "openai"):
            raise InputError(f"there is no teacher {self.kind!r}", mend="use template or openai")
        if self.concurrency < 1 or self.max_reasks < 0:
            raise InputError("concurrency is at least 1 and max_reasks at least 0", "teacher")
        if self.kind == "openai" and not self.model:
            raise InputError("no model is named for the openai teacher", mend="add --model M")
        teacher: Any
        if self.kind == TEMPLATE:
            teacher = TemplateTeacher(seed)
        else:
            teacher = OpenAITeacher(
                self.model,
                base_url=self.base_url or None,
                key_variable=self.key_variable,
                parameters=dict(self.parameters),
            )
        recorded = self.kind != TEMPLATE or self.record_template
        recording = Recording(lake.recording_path) if recorded else None
        return Engine(teacher, recording, concurrency=self.concurrency, max_reasks=self.max_reasks)


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
