"""Makes the LinkedIn postings of data_lake/raw/sample. Run: python -m hr_pipeline_tests.samples

Every text is put together from roles.yaml and wording.yaml, in the manner of several authors.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from hr_pipeline.lake.rng import rng

HERE = Path(__file__).parent
STAGE = "sample/postings"
BY_LINK = 25  # of all postings, in the layout whose rows are joined by a link
WITHOUT_TEXT = (37, 63, 118)
RENEWED = {41: 33, 99: 70}  # posting -> the one that it says again
COLUMNS = (
    *("job_id", "company_name", "title", "description", "pay_period", "location", "company_id"),
    *("views", "formatted_work_type", "remote_allowed", "job_posting_url"),
    *("formatted_experience_level", "skills_desc", "original_listed_time", "listed_time"),
    *("work_type", "currency"),
)
FUNCTIONS = {
    **{"ACCT": "Accounting/Auditing", "ANLS": "Analyst", "ART": "Art/Creative", "FIN": "Finance"},
    **{"BD": "Business Development", "CNSL": "Consulting", "DSGN": "Design", "ENG": "Engineering"},
    **{"HCPR": "Health Care Provider", "IT": "Information Technology", "MNFC": "Manufacturing"},
    **{"PRJM": "Project Management", "QA": "Quality Assurance", "RSCH": "Research"},
    **{"SALE": "Sales", "SUPL": "Supply Chain"},
}


@dataclass(frozen=True)
class Posting:
    """What a posting says, before somebody words it."""

    title: str
    company: str
    about: str
    place: str
    codes: list[str]
    must: list[str]
    nice: list[str]
    duties: list[str]
    perks: list[str]
    hook: str
    degree: str
    closing: str
    years: int


@cache
def words() -> dict[str, Any]:
    return yaml.safe_load((HERE / "wording.yaml").read_text("utf-8"))


@cache
def roles() -> list[dict[str, Any]]:
    """Each role as often as it is shared, in mixed order."""
    listed = yaml.safe_load((HERE / "roles.yaml").read_text("utf-8"))
    slots = [role | {"nth": nth} for role in listed for nth in range(role["share"])]
    return [slots[at] for at in rng(1, STAGE, "order").permutation(len(slots))]


def some(draw: np.random.Generator, items: list[str], least: int, most: int) -> list[str]:
    """A few of the items, in drawn order."""
    size = min(len(items), int(draw.integers(least, most + 1)))
    return [items[at] for at in draw.permutation(len(items))[:size]]


def posting(number: int) -> Posting:
    role, draw, said = roles()[number], rng(1, STAGE, number), words()
    company, about = said["companies"][int(draw.integers(len(said["companies"])))]
    return Posting(
        title=role["titles"][role["nth"] % len(role["titles"])],
        company=company,
        about=about,
        place=some(draw, said["places"], 1, 1)[0],
        codes=role["codes"],
        must=some(draw, role["must"], 5, 8),
        nice=some(draw, role["nice"], 2, 4),
        duties=some(draw, role["duties"], 3, 5),
        perks=some(draw, said["perks"], 2, 4),
        hook=some(draw, said["hooks"], 1, 1)[0],
        degree=some(draw, said["degrees"], 1, 1)[0],
        closing=some(draw, said["closings"], 1, 1)[0],
        years=int(draw.integers(1, 9)),
    )


def described(number: int) -> str:
    """The posting in the words of one of the authors."""
    first = RENEWED.get(number, number)
    text = AUTHORS[first % len(AUTHORS)](posting(first))
    if number in RENEWED:
        return text + "\n\nThis advertisement was renewed. Earlier applications stay valid."
    return text


# -- authors -----------------------------------------------------------------------------------


def listed(items: list[str], last: str = "and") -> str:
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else items[0]


def sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def corporate(job: Posting) -> str:
    bullets = "\n".join(f"• {sentence(duty)}" for duty in job.duties)
    needs = "\n".join(f"• {line}" for line in (*skill_lines(job), job.degree))
    return (
        f"About {job.company}\n\n{job.company} is {job.about}.\n\nResponsibilities:\n{bullets}\n\n"
        f"Requirements:\n• {job.years}+ years of professional experience\n{needs}\n\n"
        f"We offer {listed(job.perks)}.\n{job.closing}"
    )


def skill_lines(job: Posting) -> list[str]:
    first, second, *rest = job.must
    return [f"Strong {first} and {second}", *rest, f"{listed(job.nice, 'or')} is a plus"]


def chatty(job: Posting) -> str:
    first, second, third, *rest = job.must
    return (
        f'{job.hook} At {job.company} ("{job.about}") we are looking for you.\n\n'
        f"In your first months you will {job.duties[0]}. Later you will {job.duties[1]} and "
        f"{job.duties[2]}. Day to day we work with {first}, {second} and {third}; "
        f"{listed(rest)} will come up sooner than you think.\n\nYou don't have to tick every "
        f"box. If you've seen {job.nice[0]} or {job.nice[1]} before, great, if not we'll show "
        f"you. What we give back: {listed(job.perks)}.\n\n{job.closing}"
    )


def recruiter(job: Posting) -> str:
    months = 3 + job.years
    return (
        f"Our client in {job.place} has an immediate need for a {job.title}. {months} month "
        f"contract, possible extension.\n\nMUST HAVE: {', '.join(job.must)}\n"
        f"NICE TO HAVE: {' / '.join(job.nice)}\n\nThe consultant will {job.duties[0]}; "
        f"{'; '.join(job.duties[1:])}.\n\n{job.years}+ yrs exp. Rate DOE. {job.closing}"
    )


def official(job: Posting) -> str:
    duties = "\n".join(f"{n}. {sentence(duty)}" for n, duty in enumerate(job.duties, 1))
    return (
        f"JOB SUMMARY\nUnder general supervision, the incumbent serves as {job.title} for "
        f"{job.company}, {job.about}.\n\nESSENTIAL DUTIES\n{duties}\n\nMINIMUM QUALIFICATIONS\n"
        f"{job.degree[0].upper()}{job.degree[1:]}; and {job.years} years of progressively "
        f"responsible experience. "
        f"Demonstrated knowledge of {listed(job.must)}.\n\nPREFERRED QUALIFICATIONS\n"
        f"Familiarity with {listed(job.nice)}.\n\nPhysical demands: mostly sedentary work. "
        f"{job.closing}"
    )


def questions(job: Posting) -> str:
    duties = "\n".join(f"- {duty}" for duty in job.duties)
    return (
        f"{job.hook}\n\nWhat will you do?\n{duties}\n\nWhat do you bring?\n- {job.years} or more "
        f"years with {job.must[0]}\n- Solid knowledge of {listed(job.must[1:4])}\n"
        f"- Some {listed(job.must[4:])}\n- Curiosity about {listed(job.nice)}\n\n"
        f"What do we offer?\n- {chr(10).join('- ' + p for p in job.perks)[2:]}\n\n{job.closing}"
    )


def starred(job: Posting) -> str:
    duties = "\n".join(f"  * {sentence(duty)}" for duty in job.duties)
    return (
        f"**The company**\n{sentence(job.company + ' is ' + job.about)}\n\n**The job**\n{duties}"
        f"\n\n**Tech stack:** {' | '.join((*job.must, *job.nice))}\n\n**You**\n  * have "
        f"{job.years} years behind you\n  * can say “I don’t know”\n  * {job.degree}\n\n"
        f"{job.closing}"
    )


def glued(job: Posting) -> str:
    """A page that lost its line breaks on the way."""
    return (
        f"Job description{job.company} is {job.about}.Your role is to {job.duties[0]}.You also "
        f"{job.duties[1]} and {job.duties[2]}.Skills: {', '.join(job.must)}.Good to have: "
        f"{', '.join(job.nice)}.{job.hook}Benefits include {listed(job.perks)}.{job.closing}"
    )


def letter(job: Posting) -> str:
    return (
        f"Dear reader,\n\nmy name does not matter, I lead the team, and I need help. We are part "
        f"of {job.company}, {job.about}. I need someone who can {job.duties[0]}, and who would "
        f"enjoy to {job.duties[1]}. Half of our days go into {job.must[0]} and {job.must[1]}; the "
        f"other half is {listed(job.must[2:])}.\n\nWe flirt with {listed(job.nice, 'and')}, but "
        f"nothing is settled. Expect to {job.duties[2]}. In return there is {listed(job.perks)}."
        f"\n\nAfter {job.years} years in the field you will know whether this is for you.\n\n"
        f"{job.closing}"
    )


AUTHORS: tuple[Callable[[Posting], str], ...] = (
    *(corporate, chatty, recruiter, official),
    *(questions, starred, glued, letter),
)

# -- files -------------------------------------------------------------------------------------


def csv_text(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def by_id() -> Iterator[dict[str, Any]]:
    for number in range(BY_LINK, len(roles())):
        job, draw = posting(RENEWED.get(number, number)), rng(1, STAGE, f"row {number}")
        job_id = 3_900_000_000 + number * 7919
        listed_ms = 1_713_000_000_000 + int(draw.integers(10**9))
        kind, code = (("Full-time", "FULL_TIME"), ("Contract", "CONTRACT"))[number % 5 == 2]
        values = (
            *(job_id, job.company, job.title, described(number), "YEARLY", job.place),
            *(f"{700_000 + words_place(job.company)}.0", f"{int(draw.integers(1, 400))}.0", kind),
            "1.0" if "emote" in job.title.casefold() else "",
            f"https://www.example.com/jobs/view/{job_id}/?trk=jobs",
            *(("Entry level", "", "Mid-Senior level", "", "Associate")[number % 5], ""),
            *(f"{listed_ms - 86_400_000}", f"{listed_ms}", code, "USD"),
        )
        row = dict(zip(COLUMNS, values, strict=True))
        yield row | ({"description": ""} if number in WITHOUT_TEXT else {})
    yield row  # the last one stands in the file twice


def words_place(company: str) -> int:
    return [name for name, _ in words()["companies"]].index(company)


def slug(number: int) -> str:
    job = posting(number)
    named = f"{job.title} at {job.company}".lower()
    plain = "".join(c if c.isalnum() else " " for c in named)
    return f"https://www.example.com/jobs/view/{'-'.join(plain.split())}-{37_000_000 + number}"


def by_link(number: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A job, its skills and its text; skills lost their hyphens, as they do in that release."""
    job, link = posting(number), slug(number)
    extra = ["Communication skills", "401(k) Plan", f"{job.years}+ years of experience"]
    skills = [skill.replace("-", "") for skill in (*job.must, *job.nice, *extra)]
    row = {
        "job_link": link,
        "last_processed_time": "2024-01-21 07:12:29.00256+00",
        "got_summary": "t",
        "got_ner": "t",
        "job_title": job.title,
        "company": job.company,
        "job_location": job.place,
        "first_seen": "2024-01-15",
        "job_level": "Mid senior",
        "job_type": "Onsite",
    }
    skill_row = {"job_link": link, "job_skills": ", ".join(skills)}
    return row, skill_row, {"job_link": link, "job_summary": described(number)}


def files() -> dict[str, str]:
    """Name -> content, of all sample files with postings."""
    jobs, skills, summaries = zip(*map(by_link, range(BY_LINK)), strict=True)
    postings = list(by_id())
    codes = [
        {"job_id": row["job_id"], "skill_abr": code}
        for number, row in enumerate(postings[:-1], BY_LINK)
        for code in posting(RENEWED.get(number, number)).codes
        if number % 9  # some have none
    ]
    functions = [{"skill_abr": k, "skill_name": name} for k, name in FUNCTIONS.items()]
    return {
        "linkedin_postings_sample.csv": csv_text(postings),
        "linkedin_function_codes_sample.csv": csv_text(codes),
        "linkedin_functions_sample.csv": csv_text(functions),
        "linkedin_jobs_sample.csv": csv_text(list(jobs)),
        "linkedin_job_skills_sample.csv": csv_text(list(skills)),
        "linkedin_job_summaries_sample.csv": csv_text(list(summaries)),
    }
