"""`python -m hr_pipeline_tests.benchmarks.skill_finding --raw DIR` writes docs/skill_finding.md's
figures: what finding skills by names is worth on labelled files, what each rule brings, how fast it
is.

DIR holds ESCO's skills, Dice and LinkedIn postings, and the labelled files skillspan/*.json and
esco_skill_spans/*.csv. Rules were tuned on those named in TUNED; the others are held out.
"""

import argparse
import re
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hr_pipeline.jaqa.skills import evaluate, finder, names
from hr_pipeline.jaqa.skills.evaluate import BASELINE, RULES, by_rules, linking, measure_finder
from hr_pipeline.jaqa.skills.labelled import Labelled, read_labelled
from hr_pipeline.jaqa.skills.names import Name, Written, looked_for
from hr_pipeline.jaqa.skills.postings import NAMES, skills_by_names
from hr_pipeline.lake.builds import Recipe
from hr_pipeline.lake.datasets import CONTRACTS
from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.store import Lake
from hr_pipeline.sources.read_jaqa import find_jaqa_inputs, read_jaqa_sources
from hr_pipeline.text.dictionary import Dictionary
from hr_pipeline.text.phrases import Matcher, longest, stream
from hr_pipeline_tests.benchmarks.printing import Report

PAGE = Path("docs/skill_finding.md")
TUNED = {
    "SkillSpan train": "skillspan/train.json",
    "spans, tech validation": "esco_skill_spans/tech_validation_annotations.csv",
    "spans, house validation": "esco_skill_spans/house_validation_annotations.csv",
}
HELD_OUT = {
    "SkillSpan dev": "skillspan/dev.json",
    "spans, tech test": "esco_skill_spans/tech_test_annotations.csv",
}
DESCRIPTIONS, PROCESSES, MOST_SECONDS = 10_000, 2, 30
BY_MATCHER, BY_REGEX = 200, 2  # descriptions that the slow ways are timed on
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", required=True, type=Path)
    parser.add_argument("--speed", action="store_true", help="measure the speed only")
    arguments = parser.parse_args()
    rows, texts = _read(arguments.raw)
    report = Report()
    measure_speed(report, rows, texts)
    _write("speed", report.text())
    if arguments.speed:
        return
    tuned = {name: read_labelled(arguments.raw / path) for name, path in TUNED.items()}
    held_out = {name: read_labelled(arguments.raw / path) for name, path in HELD_OUT.items()}
    _write("worth", _worth(tuned | held_out, rows))
    _write("rules", _what_rules_bring(tuned["SkillSpan train"], rows))
    print(PAGE)


def measure(report: Report, raw: str) -> None:
    """The speed, among all benchmarks."""
    measure_speed(report, *_read(Path(raw)))


def _read(raw: Path) -> tuple[list[Row], list[str]]:
    """Names of skills, and descriptions of postings."""
    tables = read_jaqa_sources(find_jaqa_inputs(raw, {}))
    rows = [row for t in tables[NAMES].tables for row in t.to_pylist()]
    postings = tables["sources/linkedin_postings"].tables
    texts = [text for t in postings for text in t.column("description").to_pylist() if text]
    return rows, texts


def _write(part: str, text: str) -> None:
    begin, end = f"<!-- {part} -->\n", f"<!-- end of {part} -->\n"
    page = PAGE.read_text(encoding="utf-8")
    new = f"{begin}\n{text}\n\n{end}"
    PAGE.write_text(re.sub(f"(?s){begin}.*{end}", lambda _: new, page), encoding="utf-8")


# -- worth ----------------------------------------------------------------------------------


def _worth(files: dict[str, Labelled], rows: list[Row]) -> str:
    lines = [
        "| file | spans | finder | found | exact P | R | F1 | overlap P | R | F1 | word P | R | F1 "
        "| right ESCO label |",
        "|---|---|---|---|" + "---|" * 10,
    ]
    for name, labelled in files.items():
        measured = evaluate.measure(labelled, rows)
        linked = linking(labelled, rows)
        held = " (held out)" if name in HELD_OUT else ""
        for kind in dict.fromkeys(row["kind"] for row in measured):
            for by in (RULES, BASELINE):
                three = [r for r in measured if r["kind"] == kind and r["finder"] == by]
                cells = (f"{r[x]:.3f}" for r in three for x in ("precision", "recall", "f1"))
                right = ""
                if linked and by == RULES:
                    right = f"{linked['right_label']} of {linked['found_exactly']}"
                lines.append(
                    f"| {name}{held} | {kind}, {three[0]['marked']:,} | {by} "
                    f"| {three[0]['found']:,} | {' | '.join(cells)} | {right} |"
                )
    return "\n".join(lines)


def _what_rules_bring(labelled: Labelled, rows: list[Row]) -> str:
    """Exact and overlapping figures with each rule switched off."""
    lines = [
        "| without the rule | names it leaves out | exact P | R | F1 | overlap F1 |",
        "|---|---|---|---|---|---|",
    ]
    left_out = looked_for(rows).left_out
    for rule in ("", *left_out, *_OTHER_RULES):
        with ExitStack() as stack:
            for off in _OTHER_RULES.get(rule, lambda: _without(rule))():  # noqa: B023
                stack.enter_context(off)
            measured = measure_finder(labelled, by_rules(rows))
        by = {row["measure"]: row for row in measured if row["kind"] == "all"}
        exact, overlap = by["exact"], by["overlap"]
        cells = " | ".join(f"{exact[x]:.3f}" for x in ("precision", "recall", "f1"))
        count = f"{left_out[rule]:,}" if rule in left_out else ""
        lines.append(f"| {rule or '(all rules)'} | {count} | {cells} | {overlap['f1']:.3f} |")
    return "\n".join(lines)


def _without(rule: str) -> Iterator[AbstractContextManager]:
    """A rule that leaves names out, off."""
    against, made = names._rule_against, names._made_of_others
    yield patch.object(
        names, "_rule_against", lambda *of: "" if (why := against(*of)) == rule else why
    )
    yield patch.object(names, "_made_of_others", lambda *of: (e for e in made(*of) if e[1] != rule))


def _written_anyhow() -> Iterator[AbstractContextManager]:
    def anyhow(item: Any, row: Row, meant: Row, product: str | None) -> Name:
        name = product or row["name"]
        return Name(name, meant["skill"], row["source"], None, meant["kind"], Written.ANYHOW)

    yield patch.object(names, "_name", anyhow)


def _across_brackets() -> Iterator[AbstractContextManager]:
    yield patch.object(finder, "_APART", re.compile(r"(?!)"))


_OTHER_RULES: dict[str, Callable[[], Iterator[AbstractContextManager]]] = {
    "capitals where a word is ordinary or rare": _written_anyhow,
    "no name across brackets, colons and bullets": _across_brackets,
}

# -- speed ----------------------------------------------------------------------------------


def measure_speed(report: Report, rows: list[Row], texts: list[str]) -> None:
    """10,000 descriptions, no two alike, against all names; and other ways to do it."""
    many = [_varied(texts, number) for number in range(DESCRIPTIONS)]
    report.add("names; of these looked for", f"{len(rows):,}; {len(looked_for(rows).names):,}")
    report.add("descriptions; characters", f"{len(many):,}; {sum(map(len, many)):,}")
    started = time.perf_counter()
    phrases = finder.SkillFinder(rows)
    report.add("making the finder", f"{time.perf_counter() - started:.1f} s")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = _of_postings(rows, many)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    what = f"skills of {DESCRIPTIONS:,} descriptions, {PROCESSES} processes, start included"
    report.add(what, f"{seconds:.1f} s", f"{MOST_SECONDS} s")
    report.add("processor time of these processes, together", f"{worked:.1f} s")
    peak = max(resource.getrusage(who).ru_maxrss for who in (0, resource.RUSAGE_CHILDREN))
    report.add("largest process", f"{peak / 1024:,.0f} MiB")
    finding = _seconds_each(phrases.find, many[:1_000])
    report.add("one description, processor time", f"{1e3 * finding:.2f} ms")
    _beside_others(report, list(phrases.names), many)


def _varied(texts: list[str], number: int) -> str:
    """A description with its lines turned, so that none repeats."""
    lines = texts[number % len(texts)].splitlines() or [""]
    turn = number // len(texts) % len(lines)
    return "\n".join([*lines[turn:], *lines[:turn], f"Reference {number}"])


def _of_postings(rows: list[Row], texts: list[str]) -> float:
    """Seconds of the step of JA-QA, with the names read from a lake by each process."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        recipe = Recipe(code_version="benchmark")
        version = lake.write(NAMES, [CONTRACTS[NAMES].table(rows)], recipe).version
        postings: list[Row] = [
            {"posting_id": str(i), "title": "", "description": text, "skills": []}
            for i, text in enumerate(texts)
        ]
        started = time.perf_counter()
        for _ in skills_by_names(postings, lake, version, Ledger(), PROCESSES):
            pass
        return time.perf_counter() - started


def _seconds_each(work: Callable[[str], object], texts: list[str]) -> float:
    started = time.process_time()
    for text in texts:
        work(text)
    return (time.process_time() - started) / len(texts)


def _beside_others(report: Report, phrases: list[Any], many: list[str]) -> None:
    """The longest occurrences of the same names in tokens, by three ways."""
    dictionary, matcher = Dictionary(phrases), Matcher(phrases)
    some = [stream(text) for text in many[:BY_MATCHER]]

    def timed(work: Callable[[list[str]], object], tokens: list[list[str]]) -> float:
        started = time.process_time()
        for words in tokens:
            work(words)
        return (time.process_time() - started) / len(tokens)

    ours = timed(lambda words: longest(dictionary.hits(words)), some)
    one_by_one = timed(matcher.occurrences, some)
    longest_first = sorted((" ".join(p) for p in phrases), key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, longest_first))})(?!\S)")
    by_regex = timed(lambda words: pattern.findall(" ".join(words)), some[:BY_REGEX])
    report.add("names in the tokens of a description: Dictionary", f"{1e3 * ours:.2f} ms")
    for name, seconds in (("phrases.Matcher", one_by_one), ("regular expression", by_regex)):
        report.add(f"the same: {name}", f"{1e3 * seconds:,.2f} ms, {seconds / ours:,.0f} times")


if __name__ == "__main__":
    main()
