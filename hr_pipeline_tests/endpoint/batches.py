"""The Files and Batch APIs in OpenAI's shape, held in memory."""

import time
from typing import Any

import orjson

from hr_pipeline_tests.endpoint.asked import asked_of
from hr_pipeline_tests.endpoint.counting import Counts
from hr_pipeline_tests.endpoint.draws import uniform
from hr_pipeline_tests.endpoint.options import Options
from hr_pipeline_tests.endpoint.replies import NoReply, Replies
from hr_pipeline_tests.endpoint.wire import Answer, Incoming, error, form_of, ok

VALIDATED, EXECUTED = 0.1, 0.9  # of the seconds that a batch takes
_TIMES = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
_OPEN = ("validating", "in_progress", "finalizing", "cancelling")
_NOT_EXECUTED = {
    "batch_expired": "This request could not be executed before the completion window expired.",
    "batch_cancelled": "This batch was cancelled before this request was executed.",
}
Line = dict[str, Any]


class Files:
    """What was uploaded, and what batches wrote."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}
        self.facts: dict[str, dict[str, Any]] = {}
        self._made = 0

    def add(self, data: bytes, purpose: str, name: str) -> dict[str, Any]:
        self._made += 1
        number = f"file-{self._made:06d}"
        self.data[number] = data
        self.facts[number] = {
            **{"id": number, "object": "file", "bytes": len(data), "created_at": int(time.time())},
            **{"filename": name, "purpose": purpose, "status": "processed"},
        }
        return self.facts[number]

    def answer(self, request: Incoming) -> Answer:
        match request.method, request.path.strip("/").split("/")[1:]:
            case "POST", []:
                form = form_of(request)
                if "file" not in form or form.get("purpose") != b"batch":
                    return error(400, "a file and the purpose 'batch' are needed")
                return ok(self.add(form["file"], "batch", "input.jsonl"))
            case "GET", []:
                return page(list(self.facts.values()), request)
            case "GET", [number] if number in self.facts:
                return ok(self.facts[number])
            case "GET", [number, "content"] if number in self.data:
                return Answer(200, self.data[number], content_type=b"application/octet-stream")
            case "DELETE", [number] if number in self.facts:
                del self.data[number], self.facts[number]
                return ok({"id": number, "object": "file", "deleted": True})
        return error(404, "No such File object", param="id")


class Batch:
    """One batch; its state follows from the time that has passed since it was created."""

    def __init__(self, number: str, wanted: dict[str, Any], data: bytes, options: Options) -> None:
        self.takes_s, self._started = options.batch_s, time.monotonic()
        self.lines, self.errors = checked(data, wanted["endpoint"], options)
        self.executed = 1.0  # share of the requests, less if cancelled
        self._cancelled: float | None = None
        now = int(time.time())
        self.facts: dict[str, Any] = {
            **{"id": number, "object": "batch", "endpoint": wanted["endpoint"], "errors": None},
            **{"input_file_id": wanted["input_file_id"], "completion_window": "24h"},
            **{"status": "validating", "output_file_id": None, "error_file_id": None},
            **{"created_at": now, "expires_at": now + 86_400, "metadata": wanted.get("metadata")},
            **{f"{name}_at": None for name in _TIMES},
            "request_counts": {"total": len(self.lines), "completed": 0, "failed": 0},
        }

    @property
    def status(self) -> str:
        return self.facts["status"]

    def become(self, status: str) -> None:
        if status != self.status:
            self.facts |= {"status": status, f"{status}_at": int(time.time())}

    def cancel(self) -> None:
        if self.status in ("validating", "in_progress"):
            self._cancelled = time.monotonic()
            self.executed = self._progress()
            self.become("cancelling")

    def _passed(self, share: float) -> bool:
        return time.monotonic() - self._started >= share * self.takes_s

    def _progress(self) -> float:
        passed = (time.monotonic() - self._started) / max(self.takes_s, 1e-9)
        return min(max((passed - VALIDATED) / (EXECUTED - VALIDATED), 0.0), 1.0)

    def advance(self) -> bool:
        """Whether the results are due."""
        if self._cancelled is not None:
            return time.monotonic() - self._cancelled >= VALIDATED * self.takes_s
        if self.errors and self._passed(VALIDATED):
            self.become("failed")
            self.facts["errors"] = {"object": "list", "data": self.errors}
            return False
        if self._passed(VALIDATED):
            self.become("in_progress")
            done = int(self._progress() * len(self.lines))
            self.facts["request_counts"]["completed"] = done
        if self._passed(EXECUTED):
            self.become("finalizing")
        return self._passed(1.0)


class Batches:
    """Answers below /files and /batches; executes what is due when it is asked for anything."""

    def __init__(self, options: Options, counts: Counts, replies: Replies) -> None:
        self._options, self._counts, self._replies = options, counts, replies
        self._files = Files()
        self._batches: dict[str, Batch] = {}

    def answer(self, request: Incoming) -> Answer:
        self.advance()
        if request.path.startswith("/files"):
            return self._files.answer(request)
        match request.method, request.path.strip("/").split("/")[1:]:
            case "POST", []:
                return self._create(request.body)
            case "GET", []:
                return page([batch.facts for batch in self._batches.values()], request)
            case "GET", [number] if number in self._batches:
                return ok(self._batches[number].facts)
            case "POST", [number, "cancel"] if number in self._batches:
                batch = self._batches[number]
                if batch.status not in _OPEN:
                    return error(409, f"Cannot cancel a batch with status '{batch.status}'.")
                batch.cancel()
                return ok(batch.facts)
        return error(404, "No such batch", param="id")

    def _create(self, body: bytes) -> Answer:
        try:
            wanted = orjson.loads(body)
            data = self._files.data[wanted["input_file_id"]]
            wanted["endpoint"], wanted["completion_window"]
        except (ValueError, KeyError, TypeError) as missing:
            return error(400, f"cannot create a batch: {missing}")
        number = f"batch_{len(self._batches) + 1:06d}"
        self._batches[number] = Batch(number, wanted, data, self._options)
        return ok(self._batches[number].facts)

    def advance(self) -> None:
        for batch in self._batches.values():
            if batch.status in _OPEN and batch.advance():
                self._finish(batch)

    def _finish(self, batch: Batch) -> None:
        """Executes all, files the results and closes the batch."""
        done: list[Line] = []
        failed: list[Line] = []
        executed = int(batch.executed * len(batch.lines))
        for place, line in enumerate(batch.lines):
            result = self._execute(line) if place < executed else barred(line, "batch_cancelled")
            result["id"] = f"batch_req_{batch.facts['id'][-6:]}_{place}"
            response = result["response"]
            (done if response and response["status_code"] == 200 else failed).append(result)
        done.reverse()  # the order of an output file is nobody's promise
        for name, results in (("output", done), ("error", failed)):
            if results:
                data = b"".join(orjson.dumps(result) + b"\n" for result in results)
                facts = self._files.add(data, "batch_output", f"{batch.facts['id']}_{name}.jsonl")
                batch.facts[f"{name}_file_id"] = facts["id"]
        batch.facts["request_counts"] |= {"completed": len(done), "failed": len(failed)}
        expired = any((line["error"] or {}).get("code") == "batch_expired" for line in failed)
        batch.become(
            "cancelled" if batch.status == "cancelling" else "expired" if expired else "completed"
        )

    def _execute(self, line: Line) -> Line:
        """Requests that expire or fail get a new draw the next time, refused ones do not."""
        self._counts.count("batch_requests")
        options, seed = self._options, self._options.seed
        try:
            asked = asked_of(line["body"])
            made = self._replies.make(asked, is_cut=False)
        except (ValueError, NoReply) as wrong:
            return executed(line, 400, error(400, f"{wrong}").body)
        if uniform(seed, asked.prompt, "batch refusal") < options.batch_refuse_share:
            self._counts.count("refused")
            return executed(line, 400, error(400, "The prompt was filtered").body)
        attempt = self._counts.next_attempt(asked.prompt)
        drawn = uniform(seed, asked.prompt, "batch fault", attempt)
        if drawn < options.batch_expire_share:
            return barred(line, "batch_expired")
        if drawn < options.batch_expire_share + options.batch_fail_share:
            self._counts.count("err500")
            return executed(line, 500, error(500, "The server had an error", "server_error").body)
        if uniform(seed, asked.prompt, "malformed", attempt) < options.malformed:
            made = self._replies.make(asked, is_cut=True)
        self._counts.bill(asked.key, made)
        return executed(line, 200, orjson.dumps(made.completion(asked)))


def checked(data: bytes, endpoint: str, options: Options) -> tuple[list[Line], list[Line]]:
    """The lines of an input file, and what is wrong with it."""
    lines: list[Line] = []
    wrong: list[Line] = []
    seen: set[str] = set()
    if len(data) > options.batch_max_bytes:
        wrong.append(fault("file_too_large", f"more than {options.batch_max_bytes} bytes"))
    for number, raw in enumerate(data.splitlines(), 1):
        try:
            line = orjson.loads(raw)
            name, address, body = line["custom_id"], line["url"], line["body"]
        except (ValueError, KeyError, TypeError) as error:
            wrong.append(fault("invalid_json_line", f"{error}", number))
            continue
        if name in seen:
            wrong.append(fault("duplicate_custom_id", f"{name} was there before", number))
        if address != endpoint or line.get("method") != "POST" or not isinstance(body, dict):
            wrong.append(fault("invalid_url", "not a POST to the batch's endpoint", number))
        seen.add(name)
        lines.append(line)
    if len(lines) > options.batch_max_requests:
        most = f"{len(lines)} requests, more than {options.batch_max_requests}"
        wrong.append(fault("too_many_requests", most))
    if not lines and not wrong:
        wrong.append(fault("empty_file", "there is no request"))
    return lines, wrong


def fault(code: str, message: str, line: int | None = None) -> Line:
    return {"code": code, "message": message, "line": line, "param": None}


def executed(line: Line, status: int, body: bytes) -> Line:
    response = {"status_code": status, "request_id": "req", "body": orjson.loads(body)}
    return {"custom_id": line["custom_id"], "response": response, "error": None}


def barred(line: Line, code: str) -> Line:
    said = {"code": code, "message": _NOT_EXECUTED[code]}
    return {"custom_id": line["custom_id"], "response": None, "error": said}


def page(items: list[dict[str, Any]], request: Incoming) -> Answer:
    """Newest first, `limit` of them after the one named by `after`."""
    items = items[::-1]
    after, limit = request.query.get("after"), int(request.query.get("limit", "20"))
    if after:
        places = [place for place, item in enumerate(items) if item["id"] == after]
        if not places:
            return error(404, "there is no such item", param="after")
        items = items[places[0] + 1 :]
    held = items[:limit]
    ends = {"first_id": held[0]["id"], "last_id": held[-1]["id"]} if held else {}
    return ok({"object": "list", "data": held, "has_more": len(items) > limit, **ends})
