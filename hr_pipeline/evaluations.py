"""The `evaluate` command: what retrieval, skill finding and models are worth on labelled files."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hr_pipeline.jaqa.titles.evaluate import Found
    from hr_pipeline.jaqa.titles.occupations import Occupations
    from hr_pipeline.jaqa.titles.questions import TitleQuestion
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.resources import Teacher

LAKE = "data_lake"


def add_evaluate_command(commands: Any) -> None:
    """evaluate titles | skills | tm_eval | students | model."""
    evaluate = commands.add_parser("evaluate", help="measure on labelled files, or on TM-Eval")
    kinds = evaluate.add_subparsers(required=True, metavar="WHAT")

    titles = kinds.add_parser("titles", help="titles as ESCO occupations: recall, and accuracy")
    titles.add_argument("file", type=Path, help="CSV with the columns vacancyTitle, conceptUri")
    titles.add_argument("--esco", type=Path, required=True, metavar="DIR", help="ESCO's files")
    titles.add_argument("--embedder", default="lexical", metavar="E")
    titles.add_argument("--sample", type=int, default=0, metavar="N", help="N rows drawn; 0: all")
    titles.set_defaults(command=_titles)

    skills = kinds.add_parser("skills", help="skills found in texts: precision, recall, F1")
    skills.add_argument("file", type=Path, help="SkillSpan JSON lines, or a CSV of spans")
    skills.add_argument("--raw", metavar="DIR", help="raw files with ESCO or Dice skill names")
    skills.set_defaults(command=_skills)

    tm_eval = kinds.add_parser("tm_eval", help="a teacher's or a local model's answers to TM-Eval")
    tm_eval.add_argument("--profile", default="demo", help="demo, paper, or a YAML file")
    tm_eval.add_argument("--raw", metavar="DIR", help="raw files, where no items are made yet")
    tm_eval.add_argument("--seed", type=int, help="of the whole run (default 1)")
    tm_eval.add_argument("--budget-usd", type=float, metavar="X", help="make no call past X")
    tm_eval.add_argument("--prices", metavar="FILE", help="YAML of prices; ours are the fallback")
    tm_eval.add_argument(
        "--set", action="append", metavar="KEY=VALUE", default=[],
        help="a setting, e.g. teacher.concurrency=64",
    )  # fmt: skip
    tm_eval.set_defaults(command=_tm_eval)

    students = kinds.add_parser("students", help="a teacher's answers to the students' tasks")
    students.add_argument("--task", required=True, choices=("matcher", "extractor", "editor"))
    students.add_argument("--rows", type=int, default=0, metavar="N", help="about N rows; 0: all")
    students.add_argument("--seed", type=int, default=1, help="of the draw of rows (default 1)")
    students.add_argument("--budget-usd", type=float, default=0, metavar="X", help="at most X")
    students.add_argument("--prices", metavar="FILE", help="YAML of prices; ours are the fallback")
    students.set_defaults(command=_students)

    model = kinds.add_parser("model", help="a causal model on held-out JA-QA and TM-Eval")
    model.add_argument("name", metavar="MODEL", help="of the lake, a folder, or a name on the Hub")
    model.add_argument("--rows", type=int, default=0, metavar="N", help="of a task; 0: all")
    model.add_argument("--seed", type=int, default=1, help="of the draw of rows (default 1)")
    model.add_argument("--profile", default="paper", help="lengths and batch of its teacher")
    model.add_argument(
        "--set", action="append", metavar="KEY=VALUE", default=[], help="e.g. batch=4, device=cpu"
    )
    model.set_defaults(command=_model)

    for command in (titles, skills, tm_eval, students, model):
        command.add_argument("--json", action="store_true", help="figures as JSON on stdout")
        command.add_argument("--lake", default=LAKE, help=f"the lake's folder (default {LAKE})")
    for command in (titles, tm_eval, students):
        command.add_argument("--teacher", choices=("template", "openai", "azure", "local"))
        command.add_argument("--model", help="of the teacher; local: a folder, or a name")
        command.add_argument("--base-url", help="of an OpenAI-compatible endpoint")


def _titles(arguments: argparse.Namespace) -> int:
    """Measures retrieval, and the teacher's choice where one is named."""
    from hr_pipeline.embedding.models import open_embedder
    from hr_pipeline.jaqa.titles import evaluate
    from hr_pipeline.jaqa.titles.occupations import occupations_of
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.resources import Teacher
    from hr_pipeline.sources.esco_occupations import read_esco_occupations
    from hr_pipeline.sources.recognise import find_inputs

    teacher = Teacher(
        kind=arguments.teacher or Teacher().kind,
        model=arguments.model or "",
        base_url=arguments.base_url or "",
    )
    teacher.check()
    whole, need = evaluate.read_labelled(arguments.file), "esco_occupations"
    labelled, lake = whole.sample(arguments.sample), Lake(arguments.lake)
    esco = find_inputs(arguments.esco.parent, {need: arguments.esco}, required=(need,), optional=())
    occupations = occupations_of(read_esco_occupations(esco[need]).table)
    embedder = open_embedder(
        arguments.embedder,
        cache=lake.vectors_path,
        base_url=arguments.base_url or "",
        corpus_alone=True,
        log=lambda line: print(line, file=sys.stderr),
    )
    found = evaluate.find(labelled, occupations, embedder, evaluate.DEPTHS[-1])
    result = {
        "file": str(arguments.file),
        "rows": len(whole.titles) + whole.blank,
        "blank": whole.blank,
        "measured": len(labelled.titles),
        "not_in_this_esco": int((found.right < 0).sum()),
        "occupations": len(occupations),
        "embedder": embedder.name,
        "recall": evaluate.recalls(found),
        "teacher": None,
    }
    if arguments.teacher:
        asked = evaluate.questions(labelled, found, occupations)
        result["teacher"] = _choice_of(teacher, lake, asked, found, occupations)
    print(json.dumps(result, indent=1) if arguments.json else _titles_table(result))
    return 0


def _choice_of(
    teacher: "Teacher",
    lake: "Lake",
    asked: "list[TitleQuestion]",
    found: "Found",
    occupations: "Occupations",
) -> dict[str, Any]:
    """The accuracy of a teacher's choice. Its replies are kept in the lake's recording, so that the
    same questions cost nothing again."""
    from hr_pipeline.jaqa.titles.evaluate import accuracy
    from hr_pipeline.jaqa.titles.questions import CHOOSE_TITLE
    from hr_pipeline.lake.progress import progress

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    say(f"asking {teacher.name}: at most {len(set(asked)):,} questions, less those recorded before")
    with teacher.engine(lake, seed=1, run_id="evaluate titles") as engine:
        measured = accuracy(
            asked,
            found,
            occupations,
            engine,
            lambda answers, total: progress(answers, "choosing", total, say, engine.sight),
        )
        counts = engine.counts
        work = {kind: counts[f"{CHOOSE_TITLE.name}/{kind}"] for kind in ("calls", "found")}
    return {**measured, **work, "notice": teacher.notice}


def _titles_table(result: dict[str, Any]) -> str:
    """The figures for people."""
    from hr_pipeline.lake.text import columns

    def shown(row: dict[str, Any]) -> str:
        return f"{row['share']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"

    rows = [("", "right occupation", "[95% interval]")]
    rows += [
        (row["ranking"], f"among the first {row['depth']}", shown(row)) for row in result["recall"]
    ]
    lines = [
        f"{result['measured']:,} of {result['rows']:,} rows ({result['blank']:,} blank), "
        f"{result['occupations']:,} occupations, embedder {result['embedder']}",
        f"{result['not_in_this_esco']:,} whose occupation is not in this ESCO count as not found",
    ]
    teacher = result["teacher"]
    if teacher:
        rows.append((f"chosen by {teacher['teacher']}", "first", shown(teacher)))
        told = f"{teacher['calls']:,} calls, {teacher['found']:,} replies found in the recording"
        lines.append(f"{told}, {teacher['unusable']:,} unusable")
        lines += [f"{teacher['teacher']}: {teacher['notice']}"] * bool(teacher["notice"])
    return "\n".join([*columns(rows, left=(0, 1)), *lines])


def _skills(arguments: argparse.Namespace) -> int:
    """Measures what names of skills find, beside the longest matches of all names."""
    from hr_pipeline.jaqa.skills.evaluate import linking, measure
    from hr_pipeline.jaqa.skills.labelled import read_labelled

    labelled = read_labelled(arguments.file)
    names, source = _skill_names(arguments)
    result = {
        "file": str(arguments.file),
        "shape": labelled.shape,
        "sentences": len(labelled.sentences),
        "marks_in_no_sentence": labelled.lost,
        "names": len(names),
        "names_from": source,
        "figures": measure(labelled, names),
        "linking": linking(labelled, names),
    }
    print(json.dumps(result, indent=1) if arguments.json else _skills_table(result))
    return 0


def _skill_names(arguments: argparse.Namespace) -> tuple[list[dict[str, Any]], str]:
    """The names of skills in raw files, or in the lake; and which files, or which version."""
    from hr_pipeline.lake.errors import InputError
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.sources.recognise import find_inputs
    from hr_pipeline.sources.skill_names import read_skill_names

    if not arguments.raw:
        dataset, lake = "sources/skill_names", Lake(arguments.lake)
        build = lake.require(dataset)
        return list(lake.rows(dataset, build.version)), f"{dataset} {build.version}"
    raw = Path(arguments.raw)
    if not raw.is_dir():
        raise InputError("the folder does not exist", arguments.raw, "name one with --raw")
    inputs = find_inputs(raw, required=(), optional=("esco_skills", "dice"))
    names = read_skill_names(inputs).table.to_pylist()
    if not names:
        what = "holds no names of skills"
        raise InputError(what, arguments.raw, "put ESCO skills or Dice postings there")
    return names, "; ".join(inputs.lines())


def _skills_table(result: dict[str, Any]) -> str:
    """The figures for people."""
    from hr_pipeline.lake.text import columns

    keys = ("finder", "kind", "measure", "found", "marked", "precision", "recall", "f1")
    rows: list[tuple[str, ...]] = [keys]
    rows += [
        tuple(f"{row[key]:.3f}" if isinstance(row[key], float) else str(row[key]) for key in keys)
        for row in result["figures"]
    ]
    lines = [
        f"{result['sentences']:,} sentences ({result['shape']}), {result['names']:,} names from "
        f"{result['names_from']}",
    ]
    if result["marks_in_no_sentence"]:
        lines.append(f"{result['marks_in_no_sentence']:,} marks stand nowhere in their sentence")
    if linked := result["linking"]:
        lines.append(
            f"the right ESCO label: {linked['right_label']:,} of {linked['found_exactly']:,} marks "
            f"that are found exactly ({linked['accuracy']:.3f}); {linked['with_label']:,} have one"
        )
    return "\n".join([*columns(rows, left=(0, 1, 2)), *lines])


def _tm_eval(arguments: argparse.Namespace) -> int:
    """Asks the model, and prints what is known of every model that was asked the same items beside
    the paper's table. Items that are there are kept."""
    from hr_pipeline.building import Order, build
    from hr_pipeline.lake.store import Lake

    order = Order(
        targets=("tm_eval/answers", "tm_eval/results"),
        profile=arguments.profile,
        lake=arguments.lake,
        raw=arguments.raw,
        seed=arguments.seed,
        teacher=arguments.teacher,
        model=arguments.model,
        base_url=arguments.base_url,
        settings=tuple(arguments.set),
        keep=True,
        budget_usd=arguments.budget_usd,
        prices=arguments.prices,
    )
    return build(order) or _show_tm_eval(Lake(arguments.lake), arguments.json)


def _show_tm_eval(lake: "Lake", as_json: bool) -> int:
    from hr_pipeline.lake.text import columns
    from hr_pipeline.tm_eval.careers import TASKS
    from hr_pipeline.tm_eval.published import TABLE, published_rows
    from hr_pipeline.tm_eval.results import beside, latest_of_every_model

    here = latest_of_every_model(lake, lake.require("tm_eval/answers"))
    rows = [*published_rows(), *here]
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return 0
    for task in TASKS:
        print(f"{task}, in % [95% interval]", *columns(beside(rows, task), left=(0,)), sep="\n")
        print()
    print(f"Without (here): {TABLE}, on other careers.")
    for model, notice in dict.fromkeys((row["model"], row["notice"]) for row in here):
        if notice:
            print(f"{model}: {notice}")
    return 0


def _students(arguments: argparse.Namespace) -> int:
    """Asks a teacher the held-out rows of a student's task. Its replies are kept in the lake's
    recording, so that what was answered costs nothing again. A run that a budget has stopped goes
    on under the same account."""
    from uuid import uuid4

    from hr_pipeline.building import STOPPED_AT_BUDGET
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.llm.bill import BudgetReached
    from hr_pipeline.llm.client import TeacherUnavailable
    from hr_pipeline.resources import Teacher
    from hr_pipeline.training.measures.results import as_text
    from hr_pipeline.training.students.asking import asked_results, held_out_rows
    from hr_pipeline.training.students.tasks import STUDENTS

    teacher = Teacher(
        kind=arguments.teacher or Teacher().kind,
        model=arguments.model or "",
        base_url=arguments.base_url or "",
        budget_usd=arguments.budget_usd,
        prices=arguments.prices or "",
    )
    teacher.check()
    student, lake = STUDENTS[arguments.task], Lake(arguments.lake)
    train, rows = held_out_rows(lake, student, arguments.rows, arguments.seed)

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    say(f"asking {teacher.name}: {len(rows):,} held-out rows of {student.dataset}")
    try:
        with teacher.engine(lake, arguments.seed, run_id=f"evaluate {uuid4()}") as engine:
            told = asked_results(engine, student, train, rows, say)
    except (BudgetReached, TeacherUnavailable) as error:
        say(f"hr-pipeline: {error}")
        return STOPPED_AT_BUDGET if isinstance(error, BudgetReached) else 1
    data = lake.require(student.dataset).notice
    notices = [f"teacher: {teacher.notice}"] * bool(teacher.notice)
    notices += [f"{student.dataset}: {data}"] * bool(data)
    if arguments.json:
        print(json.dumps(told | {"notices": notices}, indent=1, ensure_ascii=False))
        return 0
    counts = ("asked", "unusable", "no_reply", "calls", "found", "reasks")
    print(as_text(told["results"], notices))
    print(", ".join(f"{name.replace('_', ' ')} {told[name]:,}" for name in counts))
    for cause, number in told["causes"].items():
        print(f"lost {number:,}: {cause}")
    return 0


def _model(arguments: argparse.Namespace) -> int:
    """Asks a model in this process what trained ones are asked after their training."""
    from hr_pipeline.lake.store import Lake
    from hr_pipeline.training.causal.evaluation import evaluate_model
    from hr_pipeline.training.measures.results import as_text

    given = [*arguments.set, f"evaluated={arguments.rows}"]
    rows, notices = evaluate_model(
        arguments.name, Lake(arguments.lake), arguments.profile, given, arguments.seed
    )
    print(json.dumps(rows, indent=1) if arguments.json else as_text(rows, notices))
    return 0
