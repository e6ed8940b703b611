"""The results that the paper prints (KDJPPR Table 1), as rows of tm_eval/results."""

from collections.abc import Iterator
from typing import Any

from hr_pipeline.tm_eval.careers import TASKS

METRICS = ("precision", "recall", "f1", "accuracy")
TABLE = "KDJPPR Table 1"
# Precision, recall, F1, accuracy of job title prediction, then of project recommendation.
TABLE_1 = {
    "Skill Space": (55.85, 54.31, 55.07, 54.82, 52.36, 54.28, 53.30, 53.57),
    "NeuMF": (56.22, 57.13, 56.67, 56.85, 55.69, 54.06, 54.86, 55.59),
    "APJFNN": (57.76, 56.68, 57.21, 57.39, 56.15, 55.47, 55.81, 56.24),
    "WEPJM": (59.23, 61.12, 60.16, 60.31, 58.35, 59.57, 58.95, 59.46),
    "Qwen2.5-14B": (72.49, 69.94, 71.19, 72.36, 68.98, 67.79, 68.38, 69.25),
    "Qwen2.5-7B": (64.45, 62.87, 63.56, 66.58, 62.85, 61.30, 62.07, 64.46),
    "Qwen2.5-3B": (61.50, 60.34, 60.91, 61.27, 58.62, 59.82, 59.21, 61.49),
    "Qwen2.5-14B w/SFT": (74.78, 72.66, 73.70, 73.95, 72.24, 71.15, 71.69, 72.67),
    "Qwen2.5-7B w/KD": (69.72, 68.65, 69.18, 70.45, 66.39, 65.72, 66.05, 67.35),
    "Qwen2.5-3B w/KD": (65.83, 65.39, 65.61, 66.15, 63.54, 63.89, 63.71, 64.02),
    "R1-Distill-Qwen-14B": (73.15, 69.32, 71.18, 73.65, 69.54, 68.72, 69.13, 70.12),
    "R1-Distill-Qwen-7B": (66.62, 64.45, 65.52, 67.79, 63.39, 64.08, 63.73, 65.38),
    "R1-Distill-Qwen-1.5B": (62.05, 62.85, 62.45, 63.07, 59.04, 60.61, 59.81, 61.48),
    "R1-Distill-Qwen-14B w/SFT": (75.09, 73.48, 74.27, 75.41, 71.43, 72.15, 71.79, 73.75),
    "R1-Distill-Qwen-7B w/KD": (70.25, 69.91, 70.08, 71.32, 67.82, 67.31, 67.56, 69.03),
    "R1-Distill-Qwen-1.5B w/KD": (66.34, 65.23, 65.78, 66.53, 63.52, 64.47, 63.99, 65.81),
}
_NOT_TOLD = ("ci_low", "ci_high", "items", "unparsed", "unanswered")
_ROUNDING = 0.011  # what rounding to two digits can move a printed F1


def f1_made_otherwise(precision: float, recall: float, f1: float) -> float | None:
    """What precision and recall (in percent) make, where it is not the F1 printed beside them."""
    made = 2 * precision * recall / (precision + recall)
    return made if abs(made - f1) > _ROUNDING else None


def published_rows() -> Iterator[dict[str, Any]]:
    """One row a figure, as printed. Where precision and recall do not make the printed F1, its
    source says what they make."""
    for model, figures in TABLE_1.items():
        for task, printed in zip(TASKS, (figures[:4], figures[4:]), strict=True):
            for metric, value in zip(METRICS, printed, strict=True):
                source = TABLE
                if metric == "f1" and (made := f1_made_otherwise(*printed[:3])):
                    source = f"{TABLE}; its precision and recall make {made:.2f}"
                yield {
                    "model": model,
                    "task": task,
                    "metric": metric,
                    "value": value,
                    **dict.fromkeys(_NOT_TOLD),
                    "source": source,
                }
