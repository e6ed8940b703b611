"""The job that all clients of the engine's benchmark do: their command line, prompts and output."""

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from random import Random

import orjson

from hr_pipeline_tests.endpoint.replies import WORDS

WORDS_A_PROMPT = 160
_NOTES = Random(0).choices(WORDS, k=10_000)


def arguments_of(description: str | None) -> argparse.Namespace:
    """The command line of every client."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--base-url", required=True, help="ends in /v1")
    parser.add_argument("--n", type=int, default=4000, help="rows")
    parser.add_argument("--concurrency", type=int, default=256, help="requests in flight")
    parser.add_argument("--out", type=Path, required=True, help="JSONL of {id, text}")
    parser.add_argument("--cache-dir", type=Path, help="what a rerun finds (default: OUT.cache)")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds a request")
    parser.add_argument("--max-retries", type=int, default=5)
    parser.add_argument("--model", default="mock-model")
    parser.add_argument(
        "--structured", action="store_true", help="ask for {answer: str, score: int}"
    )
    parser.add_argument("--rpm", type=float, default=0, help="the endpoint's limit; 0: not told")
    parser.add_argument("--first", type=int, default=0, help="number of the first row")
    arguments = parser.parse_args()
    arguments.cache_dir = arguments.cache_dir or Path(f"{arguments.out}.cache")
    return arguments


def rows_of(arguments: argparse.Namespace) -> range:
    return range(arguments.first, arguments.first + arguments.n)


def prompt_of(row: int) -> str:
    """The same words in every run; no two rows have the same. Made in microseconds: a client's own
    work is what is measured."""
    start = row * 7919 % (len(_NOTES) - WORDS_A_PROMPT)
    notes = " ".join(_NOTES[start : start + WORDS_A_PROMPT])
    return f"Case {row:07d}. Write a short personnel record from these notes: {notes}"


def write_rows(path: Path, rows: Iterable[tuple[int, str | None]]) -> None:
    """As they come; the file appears when it is whole. Lost rows (None) are left out."""
    unfinished = path.with_name(path.name + ".tmp")
    with open(unfinished, "wb") as file:
        for row, text in rows:
            if text is not None:
                file.write(
                    orjson.dumps({"id": row, "text": text}, option=orjson.OPT_APPEND_NEWLINE)
                )
    os.replace(unfinished, path)
