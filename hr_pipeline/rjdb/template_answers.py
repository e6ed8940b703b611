"""The template teacher's short answers: the order of jobs, the number of skills."""

from collections.abc import Sequence

import numpy as np

from hr_pipeline.llm.template import JSON_RATE, written_as_json
from hr_pipeline.rjdb.template_phrases import PhraseDraws, tokens, word_stock


def _rank(title: str) -> int:
    words = tokens(title)
    ranks = word_stock().by_category["ranks"]
    return max((int(rank) for rank, (marks,) in ranks.items() if words & marks.tokens), default=2)


def order(titles: Sequence[str], rng: np.random.Generator, broken_rate: float = 0.02) -> str:
    """The numbers of the titles, earliest job first, juniors before seniors before heads."""
    draws = PhraseDraws(rng)
    broken, comma = draws.chance(broken_rate), draws.pick((", ",) * 8 + (",", " , "))
    keys = [(_rank(title), draws.whole(0, 1 << 30), n) for n, title in enumerate(titles, 1)]
    numbers = [str(n) for _, _, n in sorted(keys)]
    if broken:
        numbers = numbers[:-1] if draws.chance(0.5) else [*numbers, numbers[0]]
    if draws.chance(JSON_RATE):
        return written_as_json("order", [int(number) for number in numbers], draws.whole(0, 3))
    return comma.join(numbers) + draws.pick(("",) * 9 + (".",))


def count(occupation: str, rng: np.random.Generator) -> str:
    """How many skills a resume lists, from 3 to 12 and 6.5 on average, as a model would say it."""
    draws = PhraseDraws(rng)
    n = 3 + sum(draws.chance(3.5 / 9) for _ in range(9))
    replies = ("{n}",) * 14 + ("About {n} skills.", "{n} skills", "Around {n}", "On average {n}.")
    if draws.chance(JSON_RATE):
        return written_as_json("count", n, draws.whole(0, 3))
    reply = draws.pick((*replies, "Typically {low}-{high}; I'd say {n}", "**{n}**"))
    return reply.format(n=n, low=n - 1, high=n + 1, title=occupation)
