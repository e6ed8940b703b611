"""The section that an unmatched resume lacks: the student of resume editing (RJDB 4).

python -m hr_pipeline.training.editor --lake data_lake --profile tiny
"""

import sys
from collections.abc import Sequence

from hr_pipeline.training import program
from hr_pipeline.training.students.program import student_program

PROGRAM = student_program("editor")


def main(argv: Sequence[str] | None = None) -> int:
    return program.main(PROGRAM, argv)


if __name__ == "__main__":
    sys.exit(main())
