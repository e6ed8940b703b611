"""What may go from a lake."""

from pathlib import Path

from hr_pipeline.lake.models import ModelStore
from hr_pipeline.lake.store import Lake


def collect_garbage(lake: Lake, keep: int) -> list[Path]:
    """Remove models and snapshots that no kept build needs; a dataset's snapshot is needed also by
    the models that were trained on it."""
    models = ModelStore(lake)
    removed = models.collect_garbage(keep)
    return removed + lake.collect_garbage(keep, models.inputs(keep))
