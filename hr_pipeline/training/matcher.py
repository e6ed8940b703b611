"""Does a resume match a job description, and why: the student of matching and explaining (RJDB 4).

python -m hr_pipeline.training.matcher --lake data_lake --profile tiny
"""

import sys
from collections.abc import Sequence

from hr_pipeline.training import program
from hr_pipeline.training.students.program import student_program

PROGRAM = student_program("matcher")


def main(argv: Sequence[str] | None = None) -> int:
    return program.main(PROGRAM, argv)


if __name__ == "__main__":
    sys.exit(main())
