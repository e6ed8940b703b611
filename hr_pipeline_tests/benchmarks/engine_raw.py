"""The floor of the machine: the same job over bare aiohttp, no retries, no limits, no recording."""

import argparse
import asyncio
from collections.abc import Iterator

import aiohttp
import orjson
import uvloop

from hr_pipeline_tests.benchmarks.engine_job import arguments_of, prompt_of, rows_of, write_rows


async def answers(arguments: argparse.Namespace) -> list[tuple[int, str | None]]:
    url, rows, found = f"{arguments.base_url}/chat/completions", iter(rows_of(arguments)), []

    async def work(session: aiohttp.ClientSession) -> None:
        for row in rows:
            messages = [{"role": "user", "content": prompt_of(row)}]
            data = orjson.dumps({"model": arguments.model, "messages": messages})
            async with session.post(url, data=data) as response:
                body = await response.read()
            if response.status == 200:
                found.append((row, orjson.loads(body)["choices"][0]["message"]["content"]))

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=arguments.timeout),
        headers={"Content-Type": "application/json"},
    ) as session:
        await asyncio.gather(*(work(session) for _ in range(arguments.concurrency)))
    return found


def results(arguments: argparse.Namespace) -> Iterator[tuple[int, str | None]]:
    yield from sorted(uvloop.run(answers(arguments)))


if __name__ == "__main__":
    given = arguments_of(__doc__)
    write_rows(given.out, results(given))
