"""What stands in the cells of LinkedIn postings: number, title, description, list of skills."""

import re
from urllib.parse import unquote

from hr_pipeline.lake.ledger import Ledger
from hr_pipeline.lake.rng import short_hash
from hr_pipeline.sources.abilities import why_no_ability
from hr_pipeline.sources.skills import clean_token
from hr_pipeline.sources.source_table import squeeze

NUMBER = re.compile(r"0*(\d{1,19})(?:\.0)?")  # of a posting; spreadsheets add ".0"
ROUNDED = re.compile(r"\d(?:\.\d*)?E\+?\d+", re.IGNORECASE)  # by a spreadsheet: of many postings
NUMBER_OF_LINK = re.compile(r"(?:^|[-/])(\d{5,19})$")
END_OF_LINK = re.compile(r"/*(?:[?#].*)?$", re.DOTALL)
BLANK_LINES = re.compile(r"\n{3,}")
HEAD = r"(?i:(?:job|company) description|about the job|description)"
GLUED_HEAD = re.compile(rf"({HEAD}:?)(?=[A-Z])(?!S\b)")  # "Job descriptionA leading firm"


def posting_number(cell: str) -> str:
    """The number in an identifier ("3757940104") or at the end of a link; else ""."""
    text = squeeze(cell)
    plain = NUMBER.fullmatch(text)
    found = plain or NUMBER_OF_LINK.search(END_OF_LINK.sub("", text))
    return found.group(1) if found else ""


def posting_key(cell: str, *row: str) -> str:
    """ "linkedin-" and the posting's number; where its identifier or link tells none, a hash of
    it, or of the row where it is empty too or a rounded number."""
    told = squeeze(cell)
    tells_one = told and not ROUNDED.fullmatch(told)
    return f"linkedin-{posting_number(told) or short_hash(*((told,) if tells_one else row))}"


def title_of_link(link: str) -> str:
    """The title in ".../jobs/view/food-runner-at-topgolf-3753075039": "food runner"; "" for none.

    What follows the last "-at-" is the company.
    """
    path = END_OF_LINK.sub("", squeeze(link))
    slug = unquote(path.rpartition("/")[2]) if "/" in path else ""
    slug = NUMBER_OF_LINK.sub("", slug)
    title, at, _ = slug.rpartition("-at-")
    return squeeze((title if at else slug).replace("-", " "))


def clean_description(text: str) -> str:
    """The text line by line, each squeezed, at most one blank line between two; no control or
    invisible characters. A head that is glued to the first word gets a line of its own."""
    text = text.replace("\uf0a7", "\u2022").replace("\uf0b7", "\u2022")  # of a symbol font
    lines = map(squeeze, text.splitlines())
    whole = BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
    head = GLUED_HEAD.match(whole)
    return f"{head.group(1)}\n{whole[head.end() :]}" if head else whole


def listed_skills(cell: str, key: str, ledger: Ledger) -> list[str]:
    """Skills of a comma list in its order, each once (letter case aside); the ledger gets the other
    tokens: step "skill", with the cause of `why_no_ability`."""
    kept: dict[str, str] = {}
    for token in filter(None, map(clean_token, cell.split(","))):
        if cause := why_no_ability(token):
            ledger.add("skill", key, cause, raw=token)
        else:
            kept.setdefault(token.casefold(), token)
    return list(kept.values())
