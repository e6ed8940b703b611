"""The free-text skills cell of a job ad: split into tokens, and why a token is no skill."""

import re
from functools import lru_cache

from hr_pipeline.sources.source_table import squeeze

SPLIT = re.compile(
    "[,;|\n\r\t\v\f\x85\u2028\u2029\u2022\u2023\u2043\u25a0\u25aa\u25cb\u25cf\u25e6"
    "\u27a2\u2713\u2714\uf0a7\uf0b7()\\[\\]]"
)
LEADING = re.compile(r"^(?:[\s\"'`\u2018-\u201f*\u00b7\u2010-\u2015-]+|(?:and|or|&)(?=\s))", re.I)
TRAILING = re.compile(r"(?:[\s\"'`\u2018-\u201f.:\u2010-\u2015-]+|(?<=\s)(?:and|or|&))$", re.I)
WHERE = r"(?:descriptions?|overview|below|above|jd|details?|posting|requirements?|summary|attached)"
PLACEHOLDER = re.compile(
    rf"""(?:(?:required\s+|key\s+)?skills?\b[\s:-]*)?
    (?:
      (?:please\s+|kindly\s+|pls\s+)*(?:see|refer|check|view|review)\b.*\b{WHERE}\b.*
    | (?:as\s+)?(?:described|listed|mentioned|outlined|noted|stated|detailed)\b.*\b{WHERE}
    | (?:as\s+)?per\s+(?:the\s+)?(?:jd|job\s+description)
    | (?:full\s+)?job\s+(?:description|overview)
    | n\s*/\s*a | n\.?a | none | nil | null | unknown | unspecified | various
    | not\s+(?:specified|applicable|available|provided|mentioned|listed)
    | tbd | tba | to\s+be\s+(?:determined|announced|defined|discussed) | same\s+as\s+above
    )[\s.:!*]*""",
    re.I | re.X,
)
EMAIL_OR_URL = re.compile(
    r"\S@\S|\w\s*@\s*\w+\s*\.\s*\w|[a-z]://|www\d?\.|\bmailto:"
    r"|\b(?:gmail|yahoo|hotmail|outlook)\s*(?:\.|\bdot\b)\s*com\b",
    re.I,
)
PHONE = re.compile(
    r"(?<!\d)\d{3}[\s.-]+\d{3}[\s.-]+\d{4}(?!\d)|(?<![\d.-])\d{3}[.-]\d{4}(?![\d.-])"
    r"|\+\d[\d\s.-]{7,}\d|(?<!\d)\d{10,}"
)
NUMBER = r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)\b)"
YEARS = re.compile(rf"{NUMBER}.*(?:\b|\d)(?:years?|yrs?)\b|\b(?:years?|yrs?)\b.*{NUMBER}", re.I)
LETTER = re.compile(r"[^\W\d_]")
FILLER_WORDS = (
    "etc|and|or|e.g|eg|i.e|and/or|more|and more|others|other|plus|a plus|is a plus|below|above"
    "|required|preferred|desired|optional|must have|must|nice to have|nice-to-have|good to have"
    "|skill|skills|required skills|skills required|key skills|experience|knowledge|with|of|in|to"
    "|the|a|an|for|such as|including|like|similar|equivalent|or equivalent|or similar"
)
FILLER = frozenset(FILLER_WORDS.split("|"))
LONGEST, MOST_WORDS = 40, 6


def split_skills(cell: str) -> list[str]:
    """Cleaned tokens in order, repeats included; never split on '.' or '/'."""
    tokens = (clean_token(part) for part in SPLIT.split(cell))
    return [token for token in tokens if token]


@lru_cache(maxsize=1 << 16)
def clean_token(part: str) -> str:
    """A token without outer spaces, quotes, dashes, bullets, closing '.' or ':', outer and/or."""
    token, before = squeeze(part), ""
    while token != before:
        before = token
        token = TRAILING.sub("", LEADING.sub("", token))
    return token


@lru_cache(maxsize=1 << 16)
def why_no_skill(token: str) -> str:
    """The cause why a cleaned token is no skill; empty for a skill."""
    checks = (
        ("placeholder", PLACEHOLDER.fullmatch(token)),
        ("email_or_url", EMAIL_OR_URL.search(token)),
        ("phone", PHONE.search(token)),
        ("too_short", len(token) == 1 and token.casefold() not in ("c", "r")),
        ("too_long", len(token) > LONGEST or len(token.split()) > MOST_WORDS),
        ("no_letters", not LETTER.search(token)),
        ("years", YEARS.search(token)),
        ("filler", token.casefold() in FILLER),
    )
    return next((cause for cause, found in checks if found), "")
