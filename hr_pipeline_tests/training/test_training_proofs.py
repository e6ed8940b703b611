"""What proofs demand: a trainer that learns shows all of them, and each lame one fails its own."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hr_pipeline.lake.errors import InputError
from hr_pipeline.training.examples import Example
from hr_pipeline.training.fitting import Fit, Fitted
from hr_pipeline.training.program import Training
from hr_pipeline.training.settings import Settings
from hr_pipeline.training.studies.degrees import DegreeTask
from hr_pipeline.training.studies.proofs import (
    DISTURBED,
    LOSS,
    MATCH,
    STILL,
    Proof,
    exact_match,
    fallen_to,
    generalises,
    learns_by_heart,
    to_learn_by_heart,
)
from hr_pipeline_tests.training.small_data import degrees, training


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def by_words(training: Training, examples: Sequence[Example]) -> Fitted:
    """A softmax regression from the words of a prompt to the targets met: it does learn."""
    vocabulary = {
        word: i for i, word in enumerate(sorted({w for e in examples for w in words(e.prompt)}))
    }
    targets = sorted({e.target for e in examples})

    def encoded(prompts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(prompts), len(vocabulary)))
        for row, prompt in zip(rows, prompts, strict=True):
            row[[vocabulary[word] for word in words(prompt) if word in vocabulary]] = 1
        return rows

    x = encoded([e.prompt for e in examples])
    y = np.eye(len(targets))[[targets.index(e.target) for e in examples]]
    weights = np.zeros((len(vocabulary), len(targets)))
    curve = []
    for step in range(1, 201):
        z = x @ weights
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        curve.append({"step": step, "loss": float(-np.log((p * y).sum(1)).mean())})
        weights -= 2.0 * x.T @ (p - y) / len(x)

    def predict(prompts: Sequence[str]) -> list[str]:
        return [targets[i] for i in (encoded(prompts) @ weights).argmax(1)]

    return Fitted(training.workspace, predict, curve, [], [], {})


def learns_nothing(training: Training, examples: Sequence[Example]) -> Fitted:
    return replace(
        by_words(training, examples), predict=lambda prompts: ["bachelor"] * len(prompts)
    )


def keeps_a_list(training: Training, examples: Sequence[Example]) -> Fitted:
    """Knows every prompt that it was shown, and no other."""
    known = {e.prompt: e.target for e in examples}
    fitted = by_words(training, examples)
    return replace(fitted, predict=lambda prompts: [known.get(p, "bachelor") for p in prompts])


def whose_loss_stays(training: Training, examples: Sequence[Example]) -> Fitted:
    fitted = by_words(training, examples)
    curve = [point | {"loss": 2 + 0.1 * math.sin(point["step"])} for point in fitted.curve]
    return replace(fitted, curve=curve)


def whose_adapter_stays(training: Training, examples: Sequence[Example]) -> Fitted:
    return replace(by_words(training, examples), still=["adapters.0.weight"])


def that_moves_the_base(training: Training, examples: Sequence[Example]) -> Fitted:
    return replace(by_words(training, examples), disturbed=["layers.0.weight", "head.weight"])


def both_proofs(fit: Fit, folder: Path) -> list[Proof]:
    """Of rows learnt by heart, and of degrees held out."""
    given = training(folder, Settings())
    learnt, _ = learns_by_heart("toy", "degrees", fit, given, degrees().train)
    seen, _ = generalises("toy", fit, given, degrees())
    return [learnt, seen]


@pytest.mark.parametrize(
    ("fit", "by_heart", "held_out"),
    [
        (by_words, [], []),
        (learns_nothing, [MATCH], [MATCH]),
        (keeps_a_list, [], [MATCH]),
        (whose_loss_stays, [LOSS], [LOSS]),
        (whose_adapter_stays, [STILL], [STILL]),
        (that_moves_the_base, [DISTURBED], [DISTURBED]),
    ],
)
def test_each_fault_fails_its_own_proof(
    fit: Callable[..., Fitted], by_heart: list[str], held_out: list[str], tmp_path: Path
) -> None:
    assert [proof.failed() for proof in both_proofs(fit, tmp_path)] == [by_heart, held_out]


def test_each_training_works_in_a_place_of_its_own(tmp_path: Path) -> None:
    places = []

    def fit(training: Training, examples: Sequence[Example]) -> Fitted:
        assert training.workspace.is_dir()
        places.append(training.workspace)
        return by_words(training, examples)

    both_proofs(fit, tmp_path)
    assert len(set(places)) == 2 and all(place.parent == tmp_path for place in places)


def test_the_majority_alone_is_never_enough(tmp_path: Path) -> None:
    proof, _ = generalises("toy", learns_nothing, training(tmp_path, Settings()), degrees())
    assert proof.least == degrees().majority + 0.2
    assert proof.right is not None and proof.right <= degrees().majority


def test_a_loss_that_is_no_number_or_of_one_point_is_no_proof(tmp_path: Path) -> None:
    assert math.isnan(fallen_to([{"step": 1, "loss": 1.0}]))
    assert math.isnan(fallen_to([{"step": 1, "loss": 1.0}, {"step": 2, "loss": math.nan}]))

    def breaks_down(training: Training, examples: Sequence[Example]) -> Fitted:
        fitted = by_words(training, examples)
        return replace(fitted, curve=[*fitted.curve, {"step": 201, "loss": math.nan}])

    assert [proof.failed() for proof in both_proofs(breaks_down, tmp_path)] == [[LOSS], [LOSS]]


def points(**losses: float) -> list[dict[str, float]]:
    return [{"step": int(step[1:]), "loss": loss} for step, loss in losses.items()]


def test_a_point_counts_for_the_steps_since_the_one_before() -> None:
    assert fallen_to(points(s1=4.0, s2=2.0)) == 0.5
    # steps 1 to 10 mean 0.1 * 11 + 0.9 * 1 = 2, and steps 91 to 100 are those of the last point
    curve = points(s1=11, s10=1, s20=100, s90=100, s100=1)
    assert fallen_to([{"step": 5, "grad_norm": 3.0}, *curve]) == pytest.approx(0.5)
    assert fallen_to(points(s50=4, s100=1)) == 0.25


def test_too_few_rows_are_told(tmp_path: Path) -> None:
    given = training(tmp_path, Settings())
    with pytest.raises(InputError, match="at least 32 rows are needed, and there are 5"):
        learns_by_heart("toy", "degrees", by_words, given, degrees().train[:5])
    with pytest.raises(InputError, match="rjdb/triples"):
        generalises("toy", by_words, given, DegreeTask(degrees().train, [], 0))


def test_rows_of_all_kinds_are_learnt_by_heart_and_none_twice() -> None:
    kinds = [Example(f"{kind}{n}", "", kind * (n % 7 + 1)) for kind in "ab" for n in range(60)]
    chosen = to_learn_by_heart(kinds)
    assert len({example.key for example in chosen}) == 32
    assert {example.target[0] for example in chosen} == {"a", "b"}
    assert max(len(example.target) for example in chosen) <= 4
    assert len(to_learn_by_heart(kinds[:33])) == 32


def test_every_word_of_a_target_counts(tmp_path: Path) -> None:
    fitted = Fitted(tmp_path, lambda prompts: ["a b ", "a", "A b", "b a"], [], [], [], {})
    assert exact_match(fitted, [Example(key, key, "a b") for key in "stuv"]) == 0.25
