"""What the teacher's replies cost, as far as the recording tells."""

from contextlib import closing
from pathlib import Path

from hr_pipeline.lake.errors import InputError
from hr_pipeline.llm.prices import Prices
from hr_pipeline.llm.recording import Recording, is_there
from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.quality.cards.facts import Paid


def paid_for(where: Path | str, model: str, prices: Prices) -> Paid:
    """All calls of this model that the recording holds, at live prices: no less than was paid, for
    half of it may have gone through the batch lane. InputError where there is no recording."""
    if model == TEMPLATE:
        return Paid(0, 0, 0, 0.0, "")
    if not is_there(where):
        raise InputError(
            "there is no evidence for it, and no card is written without",
            "card field paid",
            f"it should come from the recording of {model}'s replies, and {where} is not there",
        )
    with closing(Recording(where)) as recording:
        spent = recording.spent(model, 0.0)
    calls = sum(replies for _, replies, _, _ in spent)
    prompt = sum(tokens for _, _, tokens, _ in spent)
    completion = sum(tokens for _, _, _, tokens in spent)
    known = prices.of(model)
    if known is None:
        return Paid(calls, prompt, completion, None, "")
    said = f"${known.price.prompt:g} and ${known.price.completion:g} a million tokens of prompt and"
    said += f" of reply ({known.source}, {known.as_of})"
    return Paid(calls, prompt, completion, round(known.price.of(prompt, completion), 2), said)
