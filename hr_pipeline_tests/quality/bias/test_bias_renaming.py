"""Another first name in a resume, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hr_pipeline.quality.bias.renaming import find_name

RESUME = """## Personal Information
Name: {name}
Email: {address}

## Education
- Diploma

## Skills
- Ruby
- SQL

## Experience
1. Clerk (2011 - 2013): {said}
"""


def resume(name: str = "Angela Hernandez", address: str = "x@example.org", said: str = "") -> str:
    return RESUME.format(name=name, address=address, said=said)


@pytest.mark.parametrize(
    ("address", "after"),
    [
        ("angela.hernandez@example.org", "kofi.hernandez@example.org"),
        ("angelahernandez@example.org", "kofihernandez@example.org"),
        ("hernandez.angela@example.org", "hernandez.kofi@example.org"),
        ("angela_hernandez52@example.org", "kofi_hernandez52@example.org"),
        ("Angela.Hernandez@example.org", "Kofi.Hernandez@example.org"),
        ("AHernandez@example.org", "KHernandez@example.org"),
        ("ahernandez@example.org", "khernandez@example.org"),
        ("a.hernandez@example.org", "k.hernandez@example.org"),
        ("hernandez.a7@example.org", "hernandez.k7@example.org"),
        ("hernandeza@example.org", "hernandezk@example.org"),
        ("welder77@example.org", "welder77@example.org"),
        ("evangelahernandez@example.org", "evangelahernandez@example.org"),
    ],
)
def test_addresses_follow_the_name(address: str, after: str) -> None:
    named = find_name(resume(address=address), "Angela")
    assert named is not None
    assert named.under("Kofi") == resume("Kofi Hernandez", after)


def test_every_place_changes_and_its_capitals_stay() -> None:
    text = resume("ANGELA HERNANDEZ", said="Angela's team; Angela-led; Angelas; signed Angela")
    named = find_name(text, "Angela")
    assert named is not None
    made = named.under("Zoë")
    assert made == resume("ZOË HERNANDEZ", said="Zoë's team; Angela-led; Angelas; signed Zoë")


def test_a_skill_that_is_the_name_stays() -> None:
    text = resume("Ruby Jones", "ruby.jones@example.org", "signed Ruby Jones")
    named = find_name(text, "Ruby", ["Ruby", "SQL"])
    assert named is not None
    made = named.under("Amina")
    assert made == resume("Amina Jones", "amina.jones@example.org", "signed Amina Jones")
    assert "- Ruby\n" in made


def test_a_guarded_name_is_found_on_its_own_line() -> None:
    text = "Personal Information: Will\nwill@example.org\n\nSkills:\nWill to learn\n"
    named = find_name(text, "Will", ["Will you join us?"])
    assert named is not None
    assert named.under("Amina") == text.replace("Information: Will", "Information: Amina").replace(
        "will@", "amina@"
    )


def test_two_words_and_accents_in_addresses() -> None:
    text = resume("Ana María Silva", "anamaria.silva@example.org")
    named = find_name(text, "Ana María")
    assert named is not None
    assert named.under("Soo-ah") == resume("Soo-ah Silva", "sooah.silva@example.org")


def test_a_resume_without_the_name_has_none_to_swap() -> None:
    assert find_name(resume("Maria Hernandez", "angela@example.org"), "Angela") is None
    assert find_name("", "Angela") is None


_NAME = st.from_regex(r"[A-Z][a-zé]{1,8}(?:[- ][A-Z][a-z]{1,5})?", fullmatch=True)


@given(_NAME, _NAME, _NAME, st.text(max_size=300))
def test_there_and_back_is_the_same_resume(own: str, other: str, family: str, said: str) -> None:
    text = resume(f"{own} {family}", "x@example.org", said)
    named = find_name(text, own)
    assert named is not None
    assert named.under(own) == text
    assert len(named.pieces) == len(named.forms) + 1
    assert f"Name: {other} " in named.under(other)


@given(st.text(max_size=400), _NAME)
def test_no_text_breaks_it(text: str, name: str) -> None:
    named = find_name(text, name)
    assert named is None or named.under(name).casefold() == text.casefold()
