"""Train, dev and test by start occupation: titles that mean the same job stay together."""

import re

from hr_pipeline.lake.rng import draw_integer
from hr_pipeline.text.phrases import tokens

SPLITS = ("train", "dev", "test")
_EXTRAS = re.compile(
    r"\s[-–—|@:]+\s|[(\[|/,*!]|\s(?:at|in|for|with|w/|needed|wanted|based|to)\s", re.IGNORECASE
)
_LEVELS = frozenset(
    "junior jr senior sr lead principal staff intern internship trainee entry mid midlevel level "
    "associate i ii iii iv v 1 2 3 4 5 experienced expert remote onsite contract contractor "
    "permanent fulltime full part time temporary temp urgent immediate needed".split()
)
_PARTS_PER_MILLION = 1_000_000


def title_core(title: str) -> str:
    """The title without seniority, place and client words, as normalised tokens."""
    head = _EXTRAS.split(title, maxsplit=1)[0]
    core = [t for t in tokens(head) if t not in _LEVELS]
    return " ".join(core or tokens(title))


def split_of(seed: int, title: str, code: str, dev_share: float, test_share: float) -> str:
    """The split of a start occupation, drawn by its core; general occupations of one SOC broad
    group (first six characters of the code) go together."""
    core = f"soc {code[:6]}" if code else title_core(title)
    draw = draw_integer(seed, "rjdb/split", core, _PARTS_PER_MILLION) / _PARTS_PER_MILLION
    if draw < test_share:
        return "test"
    return "dev" if draw < test_share + dev_share else "train"
