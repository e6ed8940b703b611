"""Writes the sample files that are made, not written by hand, into data_lake/raw/sample."""

from hr_pipeline_tests.conftest import SAMPLE
from hr_pipeline_tests.samples.careers import careers_text
from hr_pipeline_tests.samples.postings import files

for name, text in (files() | {"careers_sample.jsonl": careers_text()}).items():
    (SAMPLE / name).write_text(text, encoding="utf-8", newline="")
    print(f"{name}: {len(text):,} characters")
