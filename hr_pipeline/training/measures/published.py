"""What the papers print for what is trained here, from 0 to 1 (the tables print percent)."""

from collections.abc import Mapping
from dataclasses import dataclass

from hr_pipeline.tm_eval.careers import TASKS
from hr_pipeline.tm_eval.published import METRICS, TABLE, TABLE_1, f1_made_otherwise
from hr_pipeline.training.measures import metrics
from hr_pipeline.training.measures.metrics import (
    ACCURACY,
    F1,
    F_ADD,
    ROUGE2,
    editing_task,
    extraction_task,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the teacher and of the student that it taught; where they stand, and who they are."""

    teacher: float
    student: float
    source: str


Published = Mapping[tuple[str, str], Figures]  # by task and metric

_STUDENTS = "GPT-4, Flan-T5 base"
_EXTRACTION = {  # Table 6: accuracy of GPT-4 and T5, then their F1
    ("skills", "resume"): (79.2, 60.8, 81.9, 73.9),
    ("experiences", "resume"): (56.6, 55.5, 57.7, 64.5),
    ("skills", "job_description"): (83.9, 60.5, 77.1, 73.6),
    ("experiences", "job_description"): (41.5, 53.3, 40.1, 63.1),
}
_EDITING = {  # Table 7: ROUGE-2 of GPT-4 and T5, then their F_add
    "skills": (0.347, 0.278, 0.262, 0.271),
    "experience": (0.391, 0.328, 0.374, 0.513),
}


def _students() -> dict[tuple[str, str], Figures]:
    """RJDB Tables 5 to 7, by the names that the measures have here. The paper has no other set of
    mismatches than the one with things removed."""
    matching = {
        (metrics.MATCHING, ACCURACY): (83.2, 93.1),
        (metrics.MATCHING, F1): (82.8, 93.1),
        (metrics.EXPLAINING, ACCURACY): (37.8, 53.7),
    }
    figures = {
        key: _of_percent(*printed, f"RJDB Table 5: {_STUDENTS}")
        for key, printed in matching.items()
    }
    for (what, kind), printed in _EXTRACTION.items():
        source = f"RJDB Table 6: {_STUDENTS}"
        task = extraction_task(what, kind)
        figures[task, ACCURACY] = _of_percent(*printed[:2], source)
        figures[task, F1] = _of_percent(*printed[2:], source)
    for section, printed in _EDITING.items():
        source = f"RJDB Table 7: {_STUDENTS}"
        figures[editing_task(section), ROUGE2] = Figures(printed[0], printed[1], source)
        figures[editing_task(section), F_ADD] = Figures(printed[2], printed[3], source)
    return figures


def _of_percent(teacher: float, student: float, source: str) -> Figures:
    return Figures(round(teacher / 100, 5), round(student / 100, 5), source)


STUDENTS: Published = _students()


def main_results(teacher: str, student: str) -> Published:
    """Of two models of KDJPPR Table 1, e.g. "Qwen2.5-14B w/SFT" and "Qwen2.5-3B w/KD", by the tasks
    and measures of tm_eval/results."""
    source = f"{TABLE}: {teacher}, {student}"
    names = [(task, metric) for task in TASKS for metric in METRICS]
    pairs = zip(TABLE_1[teacher], TABLE_1[student], strict=True)
    return {name: _of_percent(*printed, source) for name, printed in zip(names, pairs, strict=True)}


SFT, ORIGINAL_TEACHER, NO_FEATURE = "SFT", "KD w/ Orig Teacher", "KD w/o feature"
NO_LOGIT, FULL = "KD w/o logit", "Ours"
ABLATIONS = (SFT, ORIGINAL_TEACHER, NO_FEATURE, NO_LOGIT, FULL)
# KDJPPR Table 2, in percent: precision, recall, F1 and accuracy of job title prediction, then of
# project recommendation.
TABLE_2 = {
    "Qwen2.5-7B": {
        SFT: (65.81, 63.92, 64.85, 67.29, 64.94, 62.88, 63.89, 65.41),
        ORIGINAL_TEACHER: (66.37, 65.25, 65.81, 68.13, 65.59, 65.01, 65.30, 65.68),
        NO_FEATURE: (67.15, 67.49, 67.32, 68.89, 65.78, 64.85, 65.31, 66.34),
        NO_LOGIT: (67.34, 66.95, 67.14, 69.58, 66.13, 65.48, 65.80, 66.64),
        FULL: (69.72, 68.65, 69.18, 70.45, 66.39, 65.72, 66.05, 67.35),
    },
    "Qwen2.5-3B": {
        SFT: (63.46, 62.98, 63.22, 64.17, 60.15, 62.42, 62.16, 62.43),
        ORIGINAL_TEACHER: (63.69, 63.14, 63.41, 64.58, 61.88, 62.95, 62.41, 63.14),
        NO_FEATURE: (64.33, 63.96, 64.14, 64.91, 62.58, 62.75, 62.66, 63.43),
        NO_LOGIT: (64.76, 64.91, 64.83, 65.25, 62.92, 63.27, 63.09, 63.61),
        FULL: (65.83, 65.39, 65.61, 66.15, 63.54, 63.89, 63.71, 64.02),
    },
    "R1-Distill-Qwen-7B": {
        SFT: (67.75, 65.59, 66.65, 68.52, 65.02, 64.61, 64.81, 67.29),
        ORIGINAL_TEACHER: (67.68, 66.13, 66.90, 68.76, 65.59, 65.01, 65.30, 67.38),
        NO_FEATURE: (68.44, 67.53, 67.98, 69.45, 65.87, 64.94, 65.40, 67.61),
        NO_LOGIT: (68.67, 68.16, 68.41, 69.96, 66.79, 67.41, 67.10, 68.32),
        FULL: (70.25, 69.91, 70.08, 71.32, 67.82, 67.31, 67.56, 69.03),
    },
    "R1-Distill-Qwen-1.5B": {
        SFT: (62.96, 63.33, 63.14, 63.85, 60.45, 61.24, 60.84, 62.27),
        ORIGINAL_TEACHER: (63.47, 64.03, 63.75, 64.11, 61.11, 62.28, 61.69, 62.93),
        NO_FEATURE: (63.85, 63.96, 63.90, 64.48, 61.74, 62.35, 62.04, 63.19),
        NO_LOGIT: (64.29, 64.58, 64.43, 65.47, 62.34, 63.12, 62.73, 64.11),
        FULL: (66.34, 65.23, 65.78, 66.53, 63.52, 64.47, 63.99, 65.81),
    },
}


def printed_otherwise() -> list[str]:
    """A line for each F1 of Table 2 that its precision and recall do not make."""
    lines = []
    for student, methods in TABLE_2.items():
        for method, printed in methods.items():
            for task, figures in zip(TASKS, (printed[:4], printed[4:]), strict=True):
                if made := f1_made_otherwise(*figures[:3]):
                    told = f"F1 {figures[2]:.2f} is printed, precision and recall make {made:.2f}"
                    lines.append(f"KDJPPR Table 2, {student}, {method}, {task}: {told}")
    return lines
