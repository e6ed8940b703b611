"""The sample files that are made: equal to what their maker makes, odd as real postings are."""

import csv
import re
from collections import Counter
from itertools import combinations

from hr_pipeline.text.duplicates import NEAR, jaccard, shingles
from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.samples.postings import files


def test_sample_postings_are_what_their_maker_makes() -> None:
    for name, text in files().items():
        assert (SAMPLE / name).read_bytes() == text.encode(), f"{name}: run the samples' program"


def test_sample_postings_hold_the_oddities_of_real_ones() -> None:
    rows = list(csv.DictReader(files()["linkedin_postings_sample.csv"].splitlines(keepends=True)))
    ids = Counter(row["job_id"] for row in rows)
    assert sorted(ids.values())[-2:] == [1, 2]
    told = {row["job_id"]: row["description"] for row in rows if row["description"]}
    assert len(ids) - len(told) == 3
    words = [len(text.split()) for text in told.values()]
    assert min(words) >= 60 and max(words) <= 250
    whole = "\n".join(told.values())
    odds = (".NET", "C++", "C#", "Node.js", "CI/CD", " R,", " Go", "•", "“")
    for odd in odds:
        assert odd in whole, odd
    assert re.search(r"\bJob description[A-Z]", whole), "glued to the first word"
    assert any("?" in row["title"] for row in rows)
    assert any("C++/.NET" in row["title"] for row in rows)
    sets = [shingles(text.split()) for text in told.values()]
    near = [pair for pair in combinations(sets, 2) if jaccard(*pair) >= NEAR]
    assert len(near) == 2
