"""Which prompt files decide a context, and which a triple of each writing mode."""

from hr_pipeline.llm.task import hashes_of, load_prompt

_ROOM = "hr_pipeline.rjdb"


def context_prompt_hashes() -> dict[str, str]:
    """File name to hash, of the prompts that decide a context."""
    return hashes_of(load_prompt(_ROOM, "count_skills"), load_prompt(_ROOM, "order_experiences"))


def prompt_hashes(writing_mode: str) -> dict[str, str]:
    """File name to hash, of the prompts that a triple of this mode is written with."""
    if writing_mode == "whole":
        swapped = load_prompt(_ROOM, "write_triple_swapped")
        return hashes_of(load_prompt(_ROOM, "write_triple"), swapped)
    return hashes_of(load_prompt(_ROOM, "write_section"))
