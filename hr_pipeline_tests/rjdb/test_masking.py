"""What of a document is its own: heads are taken out, what was planted is masked."""

import pytest

from hr_pipeline.rjdb.contexts import Context, Experience, Shortened, Swap
from hr_pipeline.rjdb.masking import MASK, masked_words

JOBS = (Experience("Level 2 Welder", 3, 2012, 2015), Experience("Clerk", 1, 2011, 2012))
CONTEXT = Context(
    context_id="c00000-00000-0",
    cluster_id="c00000",
    occupation="Level 2 Welder",
    category="manual labor",
    split="train",
    skills=("Java", "Java EE", "C++"),
    experiences=JOBS,
    first_name="Ana Rosa",
    gender="female",
    name_group="south",
    removed_skills=("C++",),
    swaps=(Swap("C++", "Rigging"),),
    shortened=Shortened("Level 2 Welder", 3, 1),
)


def masked(text: str) -> str:
    return " ".join(masked_words(CONTEXT, {"resume_matched": text})["resume_matched"])


@pytest.mark.parametrize(
    "head",
    ["## Skills", "SKILLS:", "**3. Skills**", "=== Skills ===", "Technical Skills", "[Skills]"],
)
def test_heads_are_taken_out(head: str) -> None:
    assert masked(f"{head}\nsound knowledge") == "sound knowledge"


def test_a_head_before_its_text_goes_and_the_text_stays() -> None:
    assert masked("Skills: sound knowledge: some") == "sound knowledge some"
    assert masked("Sound skills: many") == "sound skill many"
    assert masked("My skills grow") == "my skill grow"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("- Java EE, java and C++", f"{MASK} {MASK} and {MASK}"),
        ("rigging since 2012 (3 years)", f"{MASK} since {MASK} {MASK} year"),
        ("Level 2 Welders (2012 - 2015)", f"{MASK} {MASK} {MASK}"),
        ("Name: ANA ROSA Tran", f"name {MASK} tran"),
        ("Name: Ana Rosa Tran", f"name {MASK}"),
        ("Email: a.tran99@example.org or (a+b@example.com)", f"email {MASK} or {MASK}"),
        ("JavaScript at level 2", f"javascript at level {MASK}"),
    ],
)
def test_what_was_planted_is_masked_as_a_whole(line: str, wanted: str) -> None:
    assert masked(line) == wanted


def test_each_document_is_masked_by_itself() -> None:
    found = masked_words(CONTEXT, {"resume_matched": "Java\nwell", "resume_unmatched": "well\nso"})
    assert found == {"resume_matched": [MASK, "well"], "resume_unmatched": ["well", "so"]}


def test_the_family_name_that_the_teacher_gave_is_masked_in_every_document() -> None:
    found = masked_words(
        CONTEXT,
        {"resume_matched": "Name: Ana Rosa O'Neill-Tran", "resume_swapped": "Yours, O'Neill-Tran"},
    )
    assert found == {"resume_matched": ["name", MASK], "resume_swapped": ["your", MASK]}
