"""One job through the engine, as a product runs it: `python engine_run.py --base-url URL --out F`.

Rerun with the same --cache-dir, it asks only for what is not recorded there.
"""

import argparse
import json
import sys
from collections.abc import Iterator

import orjson

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.client import HttpTeacher, TeacherUnavailable
from hr_pipeline.llm.engine import Engine, Unanswered
from hr_pipeline.llm.providers import provider
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import Schema
from hr_pipeline.llm.task import Prompt, ReplyError, Task
from hr_pipeline_tests.benchmarks.engine_job import arguments_of, prompt_of, rows_of, write_rows

ANSWER = Schema(
    "answer",
    {
        "type": "object",
        "properties": {"answer": {"type": "string"}, "score": {"type": "integer"}},
        "required": ["answer", "score"],
        "additionalProperties": False,
    },
)


def parse_text(reply: str, row: int) -> str:
    if not reply.strip():
        raise ReplyError("The reply is empty; write the record.")
    return reply


def parse_answer(reply: str, row: int) -> str:
    try:
        held = orjson.loads(reply)
    except orjson.JSONDecodeError as wrong:
        raise ReplyError(f"The reply is no JSON: {wrong}.") from None
    if not isinstance(held, dict) or not (
        isinstance(held.get("answer"), str) and isinstance(held.get("score"), int)
    ):
        raise ReplyError('The reply is no object with "answer", a text, and "score", an integer.')
    return reply


def task_of(is_structured: bool) -> Task[int, str]:
    return Task(
        name="record",
        prompt=Prompt("record", "$notes", "1"),
        fields=lambda row: {"notes": prompt_of(row)},
        parse=parse_answer if is_structured else parse_text,
        template=lambda row, rng: json.dumps({"answer": str(row), "score": 1}),
        schema=ANSWER if is_structured else None,
    )


def results(arguments: argparse.Namespace) -> Iterator[tuple[int, str | None]]:
    teacher = HttpTeacher(
        arguments.model,
        provider("openai", arguments.base_url),
        timeout_s=arguments.timeout,
        rpm=arguments.rpm,
    )
    recording = Recording(arguments.cache_dir / "recording.sqlite")
    task = task_of(arguments.structured)
    with Engine(
        teacher,
        recording,
        concurrency=arguments.concurrency,
        attempts=1 + arguments.max_retries,
    ) as engine:

        async def answer(row: int) -> tuple[int, str | None]:
            try:
                return row, (await engine.ask(task, row)).value
            except Unanswered:
                return row, None

        yield from engine.in_order(answer, rows_of(arguments))


def main() -> None:
    arguments = arguments_of(__doc__)
    try:
        write_rows(arguments.out, results(arguments))
    except (InputError, TeacherUnavailable) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
