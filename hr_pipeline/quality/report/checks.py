"""Checks of the report."""

from hr_pipeline.checks import rows_are_accounted_for

report_accounted = rows_are_accounted_for("quality/report")
