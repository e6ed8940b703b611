"""A small student of the teacher: logits, features and answers on JA-QA (KDJPPR 4.3).

python -m hr_pipeline.training.distilled --lake data_lake --profile tiny
"""

import sys
from collections.abc import Sequence

from hr_pipeline.training import program
from hr_pipeline.training.causal.program import causal_program
from hr_pipeline.training.fitting import Fit
from hr_pipeline.training.settings import DistillationSettings


def _fit() -> Fit:
    from hr_pipeline.training.distillation.trainer import fit

    return fit


PROGRAM = causal_program("distilled", DistillationSettings, _fit)


def main(argv: Sequence[str] | None = None) -> int:
    return program.main(PROGRAM, argv)


if __name__ == "__main__":
    sys.exit(main())
