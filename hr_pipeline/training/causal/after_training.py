"""What a causal model is worth after its training, or before: held-out JA-QA, and TM-Eval.

TM-Eval is asked in its own prompt, and answered in two ways: by the word that the model writes, and
by which of Yes and No it finds likelier, which also tells of a model that has learnt to write other
answers.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.picked import drawn
from hr_pipeline.tm_eval.answering import of_split
from hr_pipeline.tm_eval.items import TEST
from hr_pipeline.tm_eval.published import TABLE_1
from hr_pipeline.tm_eval.questions import JUDGE_NEXT, ItemQuestion
from hr_pipeline.tm_eval.replies import said_in
from hr_pipeline.training.causal.metrics import (
    APIS,
    FAULTS,
    LIKELIER,
    NEXT,
    SAID,
    Measured,
    api_metrics,
    cut_metrics,
    likelier,
    next_metrics,
    next_task,
    read_apis,
)
from hr_pipeline.training.fitting import Fitted
from hr_pipeline.training.measures import floors
from hr_pipeline.training.measures.published import Published, main_results
from hr_pipeline.training.measures.results import beside
from hr_pipeline.training.program import Training

Row = Mapping[str, Any]
PAIRS, ITEMS = "jaqa/pairs", "tm_eval/items"
STAGE = "training/evaluated"
LABELS = ("Yes", "No")
TEACHER, STUDENT = "Qwen2.5-14B w/SFT", "Qwen2.5-3B w/KD"  # of the paper, where ours is not in it


@dataclass(frozen=True)
class HeldOut:
    """Rows that no training has seen, and those of the train split, which floors learn from."""

    pairs: Sequence[Row]
    train: Sequence[Row]
    items: Sequence[Row]

    @classmethod
    def of(
        cls, rows: Callable[[str], Iterator[Row]], datasets: Sequence[str], seed: int, most: int
    ) -> "HeldOut":
        """From `rows(dataset)` of these datasets; `most` rows of each task, drawn by the seed; 0:
        all. Raises InputError where the test split of the pairs is empty."""
        pairs = list(rows(PAIRS))
        asked = [row for row in pairs if row["split"] == "test"]
        if not asked:
            mend = "build more pairs: jaqa/pairs.test_share decides how many are held out"
            raise InputError("the test split is empty", PAIRS, mend)
        items = of_split(rows(ITEMS), TEST) if ITEMS in datasets else []
        of_tasks = ([row for row in items if row["task"] == task] for task in NEXT)
        return cls(
            _some(asked, "pair_id", seed, most),
            [row for row in pairs if row["split"] == "train"],
            [row for of_task in of_tasks for row in _some(of_task, "item_id", seed, most)],
        )


def _some(rows: Sequence[Row], key: str, seed: int, most: int) -> list[Row]:
    """The rows, or `most` of them, in their order."""
    chosen = set(drawn((row[key] for row in rows), most or len(rows), seed, STAGE))
    return [row for row in rows if row[key] in chosen]


def held_out(training: Training) -> HeldOut:
    """What `metrics_of` will ask; a trainer calls it first, so that a split without rows is told
    before anything is trained. Raises InputError."""
    return HeldOut.of(
        training.rows, list(training.pinned), training.seed, training.settings.evaluated
    )


def metrics_of(training: Training, fitted: Fitted) -> list[dict[str, Any]]:
    """Rows of models/results (without the columns that tell which model) of a trained model."""
    rows = held_out(training)
    training.report.say(f"asking {len(rows.pairs):,} held-out pairs and {len(rows.items):,} items")
    figures = main_results(TEACHER, student_of_paper(str(training.settings.model)))
    return measured(rows, Asked(fitted.predict, fitted.likelihood, fitted.is_cut), figures)


@dataclass(frozen=True)
class Asked:
    """A model by what can be asked of it, as in `Fitted`."""

    predict: Callable[[Sequence[str]], list[str]]
    likelihood: Callable[[Sequence[str], Sequence[str]], list[list[float]]] | None = None
    is_cut: Callable[[str], bool] | None = None


def measured(held: HeldOut, model: Asked, figures: Published) -> list[dict[str, Any]]:
    """The same of any model; `figures`: those of KDJPPR Table 1."""
    items, questions = held.items, [pair["question"] for pair in held.pairs]
    ours = api_metrics(held.pairs, [read_apis(reply) for reply in model.predict(questions)])
    prompts = [next_prompt(item) for item in items]
    answers = {SAID: [said_in(reply) for reply in model.predict(prompts)]}
    if model.likelihood:
        answers[LIKELIER] = likelier([(yes, no) for yes, no in model.likelihood(prompts, LABELS)])
    for way, said in answers.items():
        ours += next_metrics(items, said, way)
    if model.is_cut:
        ours += cut_metrics(APIS, list(map(model.is_cut, questions)))
        for task, name in NEXT.items():
            asked = [p for p, item in zip(prompts, items, strict=True) if item["task"] == task]
            ours += cut_metrics(name, list(map(model.is_cut, asked)))
    published = {
        (next_task(task, way), metric): figure
        for (task, metric), figure in figures.items()
        for way in answers
    }
    apis, known = floors.majority_apis(held.train, held.pairs), floors.majority_next(items)
    majority = _floor(held, apis, known, answers)
    apis, known = floors.lexical_apis(held.train, held.pairs), floors.lexical_next(items)
    lexical = _floor(held, apis, known, answers)
    return beside(ours, majority, lexical, published)


def _floor(
    held: HeldOut, apis: Sequence[frozenset[str]], said: Sequence[bool | None], ways: Iterable[str]
) -> list[Measured]:
    """What the answers of a floor are worth, but for faults, of which it has none."""
    rows = api_metrics(held.pairs, apis)
    rows += [row for way in ways for row in next_metrics(held.items, said, way)]
    return [row for row in rows if row["metric"] not in FAULTS]


def next_prompt(item: Row) -> str:
    """A TM-Eval item as any model is asked it."""
    return JUDGE_NEXT.prompt.render(JUDGE_NEXT.fields(ItemQuestion.of(item)))


def student_of_paper(model: str) -> str:
    """The line of Table 1 for what is trained here from a published model, else the smallest
    student of Qwen2.5."""
    name = model.rstrip("/").split("/")[-1].removeprefix("DeepSeek-")
    return next((line for line in TABLE_1 if line == f"{name} w/KD"), STUDENT)
