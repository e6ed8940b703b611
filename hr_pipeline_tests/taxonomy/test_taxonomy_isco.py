"""Major groups of ISCO-08."""

import pytest

from hr_pipeline.taxonomy.isco import MAJOR_GROUPS, NO_GROUP, major_group


@pytest.mark.parametrize(
    ("code", "name"),
    [("2512", "Professionals"), ("0110", "Armed forces occupations"), ("9", MAJOR_GROUPS["9"])],
)
def test_the_first_digit_decides(code: str, name: str) -> None:
    assert major_group(code) == name


@pytest.mark.parametrize("code", ["", None, "C2512", "-"])
def test_what_is_no_code_has_no_group(code: str | None) -> None:
    assert major_group(code) == NO_GROUP
