"""The template teacher's replies: what they must hold, how much they vary, how often they break."""

import re
import statistics
import time
from functools import lru_cache
from pathlib import Path
from string import Template

import pytest

import hr_pipeline
from hr_pipeline.lake.rng import rng
from hr_pipeline.rjdb.contexts import DOCUMENTS, Context, Experience, Shortened, Swap
from hr_pipeline.rjdb.documents import SECTIONS
from hr_pipeline.rjdb.template import FAULTS, SECTION_FAULTS, write_section, write_triple
from hr_pipeline.rjdb.template_answers import count, order
from hr_pipeline.rjdb.template_phrases import with_article

JD_SECTIONS, RESUME_SECTIONS = SECTIONS["job_description"], SECTIONS["resume"]
TITLES = [
    "SOC Security Analyst - SecureWorks Providence, RI, Atlanta, GA and Lisle, IL",
    "Sr. .NET Developer (C2H) / Lead",
    "C++ Engineer",
    "Electrician",
    "Insulation workers, floor, ceiling, and wall",
    "UI/UX Designer (2018 - 2020 contract)",
    "R Programmer {remote}",
    "Registered Nurses",
    "Secretaries and Administrative Assistants, Except Legal, Medical, and Executive",
    "Help Desk Technician 2nd shift $22/hr",
    "Produktionsleiter für Käse",
    "Carpenters",
    "100% Remote QA Lead: Mobile",
    "Human Resources Generalist",
]
SKILLS = """.NET|C++|C|R|Node.js|SQL|SQL Server|Java|JavaScript|Communication|Customer Service
Teamwork|Time Management|Attention to Detail
Manual Dexterity|CI/CD|Project Management|Blueprint Reading
Patient Care|Problem Solving|Microsoft Office Suite|Physical Strength and Stamina|Leadership
Equipment Maintenance|Data Entry|Vital Signs Monitoring|C#|Work Ethic|Scheduling|Sales|Networking
AWS|Go|Training|Writing|Statistics|Nursing|Welding|Quality Control Analysis|Objective-C
Computer Science|Small Parts Assembly|Documentation|Reliability|Early Childhood Education"""
SKILL_LIST = SKILLS.replace("\n", "|").split("|")
PUT_IN = """Beekeeping|Japanese Calligraphy|Glass Blowing Under Heat|Crane Rigging|Vocal Coaching
Organic Wine Growing And Harvest|Taxidermy|Falconry|Harp|Ski Waxing|Book Binding|Use of a Lathe
Every Day Yoga|Sled Dog Handling In Deep Snow|Puppetry"""
PUT_INS = PUT_IN.replace("\n", "|").split("|")
CATEGORIES = [
    "tech",
    "social, product and finance",
    "manual labor",
    "healthcare",
    "administrative",
]
ORDINARY = re.compile(r"@(?!example\.(com|org|net)$)", re.M)


def is_removable(skill: str, skills: list[str], titles: list[str]) -> bool:
    others = [other for other in skills if other != skill] + titles
    return not any(skill.lower() in other.lower() for other in others)


def make_context(number: int) -> Context:
    draw = rng(11, "test/template", number)
    n_jobs = int(draw.choice([1, 2, 3, 4, 5], p=[0.27, 0.3, 0.22, 0.13, 0.08]))
    n_skills = 3 + int(draw.binomial(9, 0.38))
    titles = [TITLES[i] for i in draw.permutation(len(TITLES))[:n_jobs]]
    skills = [SKILL_LIST[i] for i in draw.permutation(len(SKILL_LIST))[:n_skills]]
    jobs, end = [], int(draw.integers(2015, 2024))
    for title in titles:
        years = int(draw.integers(1, 6))
        jobs.append(Experience(title, years, end - years, end))
        end -= years
    removable = [skill for skill in skills[1:] if is_removable(skill, skills, titles)]
    removed = removable[: int(draw.integers(1, 4))]
    put_ins = [PUT_INS[i] for i in draw.permutation(len(PUT_INS))]
    return Context(
        context_id=f"context-{number}",
        cluster_id="cluster",
        occupation=titles[0],
        category=CATEGORIES[number % 5],
        split="train",
        skills=tuple(skills),
        experiences=tuple(jobs),
        first_name=["Azaria", "Zoë", "José María", "D'Andre", "Wei"][number % 5],
        gender="female",
        name_group="A",
        removed_skills=tuple(removed),
        swaps=tuple(Swap(*pair) for pair in zip(removed, put_ins, strict=False)),
        shortened=Shortened(titles[0], jobs[0].years, int(draw.integers(0, jobs[0].years))),
    )


CONTEXTS = [make_context(number) for number in range(500)]


def reply(context: Context, **options: object) -> str:
    generator = rng(3, "test/reply", context.context_id)
    return write_triple(context, generator, **options)  # type: ignore[arg-type]


def bare(line: str) -> str:
    return line.strip("#*=: ").lower()


def parts_of(text: str) -> dict[str, dict[str, str]]:
    """A reply as document -> section -> body (a reader of its own, apart from the product's)."""
    documents = {document.name: key for key, document in DOCUMENTS.items()}
    heads = {name.lower(): key for key, name in {**JD_SECTIONS, **RESUME_SECTIONS}.items()}
    found: dict[str, dict[str, str]] = {}
    sections: dict[str, str] = {}
    head = ""
    for line in text.splitlines():
        if bare(line) in documents:
            sections = found.setdefault(documents[bare(line)], {})
            head = ""
        elif bare(line) in heads and not line.startswith(("- ", "* ", "• ")):
            head = heads[bare(line)]
            sections[head] = ""
        elif head:
            sections[head] += line + "\n"
    return found


@lru_cache(maxsize=1)
def unbroken() -> list[tuple[Context, str, dict[str, dict[str, str]]]]:
    texts = [(context, reply(context, broken_rate=0)) for context in CONTEXTS]
    return [(context, text, parts_of(text)) for context, text in texts]


def holds(text: str, phrase: str) -> bool:
    return re.search(rf"(?<![\w+#]){re.escape(phrase)}(?![\w+#])", text, re.I) is not None


def test_every_document_and_section_is_there() -> None:
    for _, text, parts in unbroken():
        assert list(parts) == list(DOCUMENTS), text
        assert list(parts["job_description"]) == list(JD_SECTIONS), text
        for document in list(DOCUMENTS)[1:]:
            assert list(parts[document]) == list(RESUME_SECTIONS), text


def test_planned_skills_and_spans_stand_verbatim() -> None:
    for context, text, parts in unbroken():
        asked = parts["job_description"]
        assert asked["job_title"].strip() == context.occupation
        assert all(skill in asked["required_skills"] for skill in context.skills), text
        for job in context.experiences:
            assert job.title in asked["required_experience"], text
            assert job.duration in asked["required_experience"], text
        for kind in ("matched", "unmatched", "swapped"):
            plan, resume = context.plan(kind), parts[f"resume_{kind}"]  # type: ignore[arg-type]
            assert all(skill in resume["skills"] for skill in plan.skills), text
            lines = [line for line in resume["experience"].splitlines() if line]
            assert len(lines) == max(1, len(plan.experiences))
            for line, job in zip(lines, plan.experiences, strict=False):
                assert job.title in line and job.span in line, text


def test_removed_and_put_in_skills_do_not_leak() -> None:
    for context, text, parts in unbroken():
        for skill in context.removed_skills:
            for document in ("resume_unmatched", "resume_swapped"):
                for section in ("skills", "experience", "education"):
                    assert not holds(parts[document][section], skill), (skill, text)
        for swap in context.swaps:
            for document in ("job_description", "resume_matched", "resume_unmatched"):
                assert not holds(str(parts[document]), swap.put_in), (swap, text)


def test_unmatched_is_the_matched_resume_edited() -> None:
    for _, text, parts in unbroken():
        matched, unmatched = parts["resume_matched"], parts["resume_unmatched"]
        assert matched["personal_information"] == unmatched["personal_information"], text
        assert matched["education"] == unmatched["education"], text
        kept = unmatched["skills"].splitlines()
        if kept[0].startswith("- "):
            assert set(kept) <= set(matched["skills"].splitlines()), text


def test_swapped_is_within_five_per_cent_of_matched() -> None:
    for _, text, parts in unbroken():
        matched, swapped = (
            sum(len(body.split()) for body in parts[document].values())
            for document in ("resume_matched", "resume_swapped")
        )
        assert abs(swapped - matched) <= 0.05 * matched, text


def test_swapped_evens_out_long_skills() -> None:
    base = CONTEXTS[3]
    long = "a b c d e f g h i j k l"
    swaps = tuple(Swap(s, f"{long} {n}") for n, s in enumerate(base.skills))
    for put_in in (swaps, tuple(Swap(swap.put_in, swap.removed) for swap in swaps)):
        context = Context(
            **{name: getattr(base, name) for name in Context.__slots__}  # type: ignore[arg-type]
            | {"skills": tuple(swap.removed for swap in put_in), "swaps": put_in}
            | {"removed_skills": ()}
        )
        for seed in range(100):
            parts = parts_of(write_triple(context, rng(seed, "long", ""), broken_rate=0))
            matched, swapped = (
                len(str(parts[d].values()).replace("\\n", " ").split())
                for d in ("resume_matched", "resume_swapped")
            )
            assert abs(swapped - matched) <= 0.05 * matched


def test_words_are_near_the_papers_table() -> None:
    words: dict[str, list[int]] = {document: [] for document in DOCUMENTS}
    for _, _, parts in unbroken():
        for document, sections in parts.items():
            words[document].append(sum(len(body.split()) + 1 for body in sections.values()))
    means = {document: statistics.mean(numbers) for document, numbers in words.items()}
    assert means["job_description"] == pytest.approx(181, abs=15)
    assert means["resume_matched"] == pytest.approx(102, abs=10)
    assert means["resume_unmatched"] == pytest.approx(87, abs=10)
    assert min(words["job_description"]) >= 60 and max(words["job_description"]) <= 430
    assert min(words["resume_unmatched"]) >= 23 and max(words["resume_matched"]) <= 604


def test_only_reserved_domains() -> None:
    for _, text, _ in unbroken():
        assert not ORDINARY.search(text), text
        assert len(set(re.findall(r"\S+@example\S+", text))) == 1


def test_replies_vary() -> None:
    texts = [text for _, text, _ in unbroken()]
    assert len(set(texts)) == len(texts)
    bodies = {str(parts["job_description"]["job_summary"]) for _, _, parts in unbroken()}
    assert len(bodies) > 0.95 * len(CONTEXTS)
    styles = {
        line.strip().replace("Skills", "*").replace("SKILLS", "upper")
        for text in texts
        for line in text.splitlines()
        if bare(line) == "skills"
    }
    assert len(styles) >= 5, styles


def test_replies_are_determined_by_context_and_generator() -> None:
    for context in CONTEXTS[:20]:
        assert reply(context) == reply(context)
        again = write_triple(context, rng(4, "test/reply", context.context_id))
        assert again != reply(context)


def test_two_to_seven_per_cent_are_broken() -> None:
    broken = sum(reply(context) != text for context, text, _ in unbroken())
    assert 0.02 <= broken / len(CONTEXTS) <= 0.07
    assert all(reply(c, broken_rate=1) != text for c, text, _ in unbroken()[:50])


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_shows(fault: str) -> None:
    for context, text, _ in unbroken()[:60]:
        if fault != "removed_skill_left" or context.removed_skills:
            assert reply(context, broken_rate=0, broken=fault) != text


def test_faults_are_what_they_are_called() -> None:
    for context, _, parts in unbroken()[:60]:
        wrong = {fault: reply(context, broken=fault) for fault in FAULTS if fault[:7] != "removed"}
        assert ORDINARY.search(wrong["ordinary_domain"])
        assert f"{context.first_name} " not in wrong["other_first_name"]
        assert len(parts_of(wrong["document_missing"])) == 3
        assert sum(map(len, parts_of(wrong["section_missing"]).values())) == 16
        long = parts_of(wrong["swapped_too_long"])["resume_swapped"]
        assert len(str(long).split()) > 1.1 * len(str(parts["resume_swapped"]).split())


def test_three_documents_where_no_swapped_resume_is_asked_for() -> None:
    for context in CONTEXTS[:50]:
        parts = parts_of(reply(context, swapped=False, broken_rate=0))
        assert list(parts) == list(DOCUMENTS)[:3]
        reply(context, swapped=False, broken_rate=1)


def test_sections_agree_with_each_other() -> None:
    for context in CONTEXTS[:60]:
        seen: dict[str, dict[str, str]] = {}
        for document in DOCUMENTS:
            sections = JD_SECTIONS if document == "job_description" else RESUME_SECTIONS
            generator = rng(5, document, context.context_id)
            seen[document] = {
                section: write_section(context, document, section, generator, broken_rate=0)
                for section in sections
            }
        people = {seen[document]["personal_information"] for document in list(DOCUMENTS)[1:]}
        assert len(people) == 1 and context.first_name in people.pop()
        assert seen["resume_matched"]["education"] == seen["resume_unmatched"]["education"]
        for kind in ("matched", "unmatched", "swapped"):
            resume = seen[f"resume_{kind}"]
            plan = context.plan(kind)  # type: ignore[arg-type]
            assert all(skill in resume["skills"] for skill in plan.skills)
            assert all(job.span in resume["experience"] for job in plan.experiences)
        words = [
            len(" ".join(seen[f"resume_{k}"].values()).split()) for k in ("matched", "swapped")
        ]
        assert abs(words[0] - words[1]) <= 0.05 * words[0]


def test_a_section_breaks_too() -> None:
    context = next(context for context in CONTEXTS if context.removed_skills)
    for fault in SECTION_FAULTS:
        sections = ["personal_information", "skills", "experience"]
        pairs = [
            [
                write_section(context, document, section, rng(1, "", seed), 0, broken)
                for document in DOCUMENTS
                if document != "job_description"
                for section in sections
                for seed in range(5)
            ]
            for broken in (None, fault)
        ]
        assert pairs[0] != pairs[1], fault


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Electrician", "an Electrician"),
        ("Carpenters", "Carpenters"),
        ("C++ Engineer", "a C++ Engineer"),
        (".NET Developer", "a .NET Developer"),
        ("HVAC Technician", "an HVAC Technician"),
        ("UX Designer", "a UX Designer"),
        ("University Registrar", "a University Registrar"),
        ("Underwriter", "an Underwriter"),
        ("LEAD ENGINEER", "a LEAD ENGINEER"),
        ("Tire repairers, all other", "Tire repairers, all other"),
        ("", "a "),
    ],
)
def test_articles(title: str, expected: str) -> None:
    assert with_article(title) == expected


def test_order_is_by_seniority() -> None:
    titles = ["Senior Nurse", "Nursing Director", "Nurse Intern", "Nurse"]
    found = order(titles, rng(0, "order", 1), broken_rate=0)
    assert re.findall(r"\d+", found) == ["3", "4", "1", "2"]
    numbers = [
        sorted(map(int, re.findall(r"\d+", order(TITLES, rng(0, "order", n))))) for n in range(500)
    ]
    whole = sum(found == list(range(1, len(TITLES) + 1)) for found in numbers)
    assert 470 <= whole < 500


def test_counts_are_small_and_vary_around_six_and_a_half() -> None:
    replies = [count("Electrician", rng(0, "count", n)) for n in range(3000)]
    numbers = [int(re.findall(r"\d+", text)[-1]) for text in replies]
    assert min(numbers) >= 3 and max(numbers) <= 12
    assert statistics.mean(numbers) == pytest.approx(6.5, abs=0.1)
    assert len({re.sub(r"\d+", "", text) for text in replies}) >= 5


PLACEHOLDERS = {
    "rjdb/prompts/write_triple.md": """occupation skills experience_durations experience_spans
        first_name removed_skills shortened unmatched_skills unmatched_spans swapped_part""",
    "rjdb/prompts/write_triple_swapped.md": "swapped_skills swapped_spans put_in_skills",
    "rjdb/prompts/write_section.md": """document section occupation first_name skills experiences
        instructions written_so_far""",
    "rjdb/prompts/order_experiences.md": "experiences",
    "rjdb/prompts/count_skills.md": "occupation",
    "graph/prompts/list_skills.md": "occupation n",
}


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_prompts_hold_the_listed_placeholders(name: str) -> None:
    folder = Path(hr_pipeline.__file__).parent
    template = Template((folder / name).read_text(encoding="utf-8"))
    assert template.is_valid()
    assert set(template.get_identifiers()) == set(PLACEHOLDERS[name].split())


def test_a_triple_takes_about_a_millisecond() -> None:
    generators = [rng(9, "speed", number) for number in range(300)]
    start = time.process_time()
    for context, generator in zip(CONTEXTS, generators, strict=False):
        write_triple(context, generator)
    assert (time.process_time() - start) / len(generators) < 0.005
