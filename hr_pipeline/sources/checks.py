"""Checks of the tidy tables."""

from hr_pipeline.checks import rows_are_accounted_for
from hr_pipeline.sources.assets import DATASETS

postings_accounted, occupations_accounted, first_names_accounted, concepts_accounted = (
    rows_are_accounted_for(dataset) for dataset in DATASETS
)
