"""The teacher of the distillation: a causal model fine-tuned on the answers of JA-QA (KDJPPR 4.2).

python -m hr_pipeline.training.teacher --lake data_lake --profile tiny
"""

import sys
from collections.abc import Sequence

from hr_pipeline.training import program
from hr_pipeline.training.causal.program import causal_program
from hr_pipeline.training.fitting import Fit
from hr_pipeline.training.settings import LoraSettings


def _fit() -> Fit:
    from hr_pipeline.training.causal.lora import fit

    return fit


PROGRAM = causal_program("teacher", LoraSettings, _fit)


def main(argv: Sequence[str] | None = None) -> int:
    return program.main(PROGRAM, argv)


if __name__ == "__main__":
    sys.exit(main())
