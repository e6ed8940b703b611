"""What was asked of a teacher for a row: requests and replies as the recording has them."""

from datetime import UTC, datetime
from typing import Any

import orjson

from hr_pipeline.audit.replay import Exchange, Replay
from hr_pipeline.lake.builds import Build
from hr_pipeline.llm.prices import load_prices
from hr_pipeline.llm.recording import Recording
from hr_pipeline.llm.request import read_completion
from hr_pipeline.llm.task import hashes_of
from hr_pipeline.llm.template import TEMPLATE

Facts = dict[str, Any]


def request_facts(replay: Replay, keys: list[str], what_for: str) -> list[Facts]:
    """The requests of these keys, in their order: from the recording, else as the template teacher
    answered them again; a key alone where neither has it."""
    said_again = {exchange.key: exchange for exchange in replay.exchanges}
    return [_of_key(replay.recording, key, said_again.get(key), what_for) for key in keys]


def _of_key(
    recording: Recording | None, key: str, exchange: Exchange | None, what_for: str
) -> Facts:
    call = exchange.call if exchange else recording.call(key) if recording else None
    if call is not None:
        reply = read_completion(call.response)
        return _facts(
            (key, call.task, what_for),
            orjson.loads(call.request),
            reply.text,
            f"{datetime.fromtimestamp(call.recorded, UTC):%Y-%m-%dT%H:%M:%SZ}",
            (call.prompt_tokens, call.completion_tokens),
        )
    if exchange is not None:
        asked = orjson.loads(exchange.request.text())
        again = "not recorded; said again by the template teacher"
        return _facts((key, exchange.task, what_for), asked, exchange.reply.text, again, (0, 0))
    return {"key": key, "for": what_for, "recorded": "not in the recording"}


def _facts(
    named: tuple[str, str, str], asked: Facts, reply: str, recorded: str, tokens: tuple[int, int]
) -> Facts:
    key, task, what_for = named
    messages = asked.pop("messages")
    model = asked.pop("model")
    schema = asked.pop("response_format", None)
    return {
        "key": key,
        "task": task,
        "for": what_for,
        "model": model,
        "recorded": recorded,
        "prompt tokens": tokens[0],
        "completion tokens": tokens[1],
        "dollars, at live prices": _dollars(model, *tokens),
        "parameters": asked,
        "schema": schema,
        "asked again because": messages[-1]["content"] if len(messages) > 1 else None,
        "request": messages[0]["content"],
        "reply": reply,
    }


def _dollars(model: str, prompt: int, completion: int) -> float | None:
    """None where no price is known."""
    if model == TEMPLATE:
        return 0.0
    known = load_prices().of(model)
    return round(known.price.of(prompt, completion), 6) if known else None


def prompt_facts(build: Build) -> list[Facts]:
    """The prompt files of a build with their hashes, and whether they are still the same."""
    today = _hashes_of_today(build)
    room = build.dataset.split("/")[0]
    return [
        {
            "file": f"hr_pipeline/{'llm' if name == 'mend_reply' else room}/prompts/{name}.md",
            "hash": then,
            "today": "the same" if today.get(name) == then else today.get(name, "not there"),
        }
        for name, then in build.recipe.prompts.items()
    ]


def _hashes_of_today(build: Build) -> dict[str, str]:
    from hr_pipeline.rjdb.prompt_files import context_prompt_hashes, prompt_hashes

    if build.dataset.startswith("rjdb/"):
        return context_prompt_hashes() | prompt_hashes("whole") | prompt_hashes("sections")
    if build.dataset.startswith("graph/"):
        from hr_pipeline.graph.questions import LIST_SKILLS

        return hashes_of(LIST_SKILLS.prompt)
    if build.dataset.startswith("jaqa/"):
        from hr_pipeline.jaqa.apis.questions import CHOOSE_APIS
        from hr_pipeline.jaqa.skills.questions import LIST_POSTING_SKILLS
        from hr_pipeline.jaqa.titles.questions import CHOOSE_TITLE

        return hashes_of(LIST_POSTING_SKILLS.prompt, CHOOSE_APIS.prompt, CHOOSE_TITLE.prompt)
    if build.dataset.startswith("tm_eval/"):
        from hr_pipeline.tm_eval.questions import JUDGE_NEXT

        return hashes_of(JUDGE_NEXT.prompt)
    from hr_pipeline.quality.judges.prompt_files import judge_prompt_hashes

    return judge_prompt_hashes()
