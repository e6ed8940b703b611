"""Every kind of trainer, with tiny models: the loss falls, rows are learnt by heart, a field is
answered for resumes never seen, what is to be trained moves and nothing else."""

import re
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

import torch

from hr_pipeline.rjdb.tasks.matching import pairs
from hr_pipeline.training.settings import load_profile, settings_of
from hr_pipeline.training.students.tasks import STUDENTS
from hr_pipeline.training.studies import kinds
from hr_pipeline.training.studies.kinds import KINDS, programs, proofs_of_kinds
from hr_pipeline.training.studies.proofs import Proof
from hr_pipeline_tests.training.small_data import degrees, training, triples

FIRST = tuple(replace(kind, programs=kind.programs[:1]) for kind in KINDS)


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Proof]:
    """By trainer and task, of one program of each kind; one teaches the next."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("proofs")
    matcher = STUDENTS["matcher"]
    rows = [matcher.example(row) for row in pairs(triples()) if matcher.learns(row)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kinds, "KINDS", FIRST)
        trainings = {
            name: training(folder, settings_of(program.settings, name, "tiny", []))
            for name, program in programs().items()
        }
        examples = dict.fromkeys(trainings, rows)
        found = proofs_of_kinds(trainings, examples, degrees(), load_profile("tiny"))
        return {(proof.trainer, re.split("[,:]", proof.task)[0]): proof for proof in found}


@pytest.mark.parametrize("trainer", [kind.name for kind in KINDS])
@pytest.mark.parametrize("task", ["32 rows by heart", "degrees"])
def test_a_kind_of_trainer_learns(
    proofs: dict[tuple[str, str], Proof], trainer: str, task: str
) -> None:
    proof = proofs[trainer, task]
    assert proof.failed() == [], proof
    assert None not in (proof.right, proof.least, proof.still, proof.disturbed)
