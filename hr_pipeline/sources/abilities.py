"""Lists of LinkedIn name among the skills what the job offers and what the applicant has earned."""

import re
from functools import lru_cache

from hr_pipeline.sources.skills import why_no_skill

_COVER = r"(?:medical|health\s?(?:care)?|dental|vision|life|disability|travel|pet|accident)"
_PLAN = r"(?:benefits?|coverage|plans?)"
_BENEFITS = (
    r"40[13]\s*\(?[kb]\)?(?:\s.*)?",
    rf"(?:(?:and|insurance|{_COVER})\s+)*(?:insurance|{_COVER})\s+{_PLAN}",
    rf"(?:(?:and|short|long|term|{_COVER})\s+)*{_COVER}\s+insurance(?:\s+{_PLAN})?",
    r"(?:(?:generous|flexible|unlimited)\s+)?(?:un)?paid\s+(?:time\s*off|leave|holidays?|vacations?"
    r"|training)",
    r"(?:unlimited\s+)?pto",
    r"(?:paid\s+)?(?:sick|parental|maternity|paternity)\s+(?:leave|days?|time)",
    r"(?:paid\s+)?(?:vacations?|holidays?)(?:\s+(?:days?|pay|time))?",
    r"(?:employee\s+)?(?:benefits|perks)(?:\s+packages?)?",
    r"(?:retirement|pension|savings|bonus|profit\s*sharing|stock\s+(?:options?|purchase))\s+"
    rf"(?:{_PLAN}|scheme)",
    r"tuition\s+(?:reimbursement|assistance)",
    r"(?:employee\s+)?(?:stock\s+options|discounts?)",
    r"(?:competitive|attractive)\s+(?:salary|pay|wages?|compensation|benefits)(?:\s.*)?",
    r"(?:sign\s*on|signing|annual|yearly|performance|referral)\s+bonus(?:es)?",
    r"(?:flexible\s+spending|health\s+savings)\s+accounts?|hsa|fsa",
    r"(?:free|subsidi[sz]ed)\s+(?:meals?|lunch(?:es)?|parking)",
)
_LEVEL = r"(?:bachelor|associate|master|doctor)(?:'?s|s'|ate)?"
_DEGREES = (
    rf"{_LEVEL}\s+(?:degrees?|of)\b.*",
    r"(?:bachelor|master|doctor)(?:'s|s'|s|ate)(?:\s+in\b.*)?",
    r"(?:.*[^\d\s]\s+)?degrees?(?:\s+(?:in|or)\b.*)?",  # "90 degree turns" is none
    r"(?:mba|ph\.?\s?d|b\.?sc?|m\.?sc?|b\.?a|m\.?a|b\.?tech|m\.?tech|bsn|msn)\.?(?:\s+(?:degree|in)\b.*)",
    r"mba|ph\.?\s?d|bsn|msn|ged",
    r"(?:high\s*school|college|university)\s+(?:degree|graduate|education)(?:\s.*)?",
    r"(?:.*\s)?diploma(?:\s+(?:in|or)\b.*)?",
)
BENEFIT = re.compile("|".join(_BENEFITS), re.IGNORECASE)
DEGREE = re.compile("|".join(_DEGREES), re.IGNORECASE)


@lru_cache(maxsize=1 << 16)
def why_no_ability(token: str) -> str:
    """The cause why a cleaned token is no skill of a person: one of `why_no_skill`, "benefit" or
    "degree"; empty for a skill."""
    straight = token.replace("\u2019", "'")
    if cause := why_no_skill(token):
        return cause
    if BENEFIT.fullmatch(straight):
        return "benefit"
    return "degree" if DEGREE.fullmatch(straight) else ""
