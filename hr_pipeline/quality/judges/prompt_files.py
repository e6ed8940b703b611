"""Which prompt files decide a judgement."""

from hr_pipeline.llm.task import hashes_of, load_prompt

_ROOM = "hr_pipeline.quality"


def judge_prompt_hashes() -> dict[str, str]:
    """File name to hash, of the prompts that decide a judgement."""
    return hashes_of(
        load_prompt(_ROOM, "judge_consistency"), load_prompt(_ROOM, "judge_factuality")
    )
