"""A made-up labour market of sixty titles and eighty skills, and what contexts are drawn from."""

from functools import cache

import pyarrow as pa

from hr_pipeline.graph.build import Graph
from hr_pipeline.graph.clusters import Clusters, grow_clusters
from hr_pipeline.lake.rng import rng
from hr_pipeline.rjdb.names import FirstNames
from hr_pipeline.rjdb.sampling import SamplingSettings, World
from hr_pipeline_tests.graph.graph_cases import Ad, graph_of

JOBS = """Java Developer|Java Architect|.NET Developer|C# Developer|SQL Developer|Data Engineer
Business Analyst|Project Manager|Network Engineer|Help Desk Technician|QA Tester|Web Designer
Registered Nurse|Medical Assistant|Surgical Technologist|Billing Clerk|Office Assistant
Scrum Master|Technical Writer|Cloud Engineer|C++ Engineer|R Programmer|Welder|Forklift Operator
Sales Representative|Payroll Accountant|Security Analyst|UX Researcher|Recruiter|Electrician"""
SKILLS = """SQL|SQL Server|Java|Java EE|JavaScript|.NET|ASP.NET|C#|C++|C|R|Node.js|Go|Python|PL/SQL
CI/CD|Git|Linux|Unix/Linux|AWS|Azure DevOps|REST APIs|Unit testing|Testing|Manual testing|Agile
Scrum|Business analysis|Business Analyst|Requirements gathering|Project management|Management
Microsoft Excel|Excel|Microsoft Office|Jira|Networking|Network security|Security|Cisco routers
Help desk|Ticketing systems|HTML|CSS|Figma|Wireframes|User research|Patient care|Vital signs
Nursing|CPR|Wound care|Medical billing|Medical terminology|Scheduling|Data entry|Typing|Filing
Customer service|Service|Sales|Cold calling|Negotiation|Payroll|Bookkeeping|QuickBooks|Welding
Blueprint reading|Forklift|Forklift driving|Rigging|Electrical wiring|Soldering|Writing
Technical writing|Editing|Interviewing|Sourcing|Statistics|Data modeling|ETL|Docker|Kubernetes"""
JOB_LIST = JOBS.replace("\n", "|").split("|")
SKILL_LIST = SKILLS.replace("\n", "|").split("|")
SETTINGS = SamplingSettings(train=260, dev=70, test=70, held_out_share=0.25)
GROUPS = {"east": ("Yi-Ting", "Amélie"), "north": ("Oke", "Siri"), "south": ("O'Neil", "Ana Rosa")}


def advertisements() -> list[Ad]:
    """Four ads a job under two titles; each job has its own stretch of the skills, and strays."""
    ads: list[Ad] = []
    for number, job in enumerate(JOB_LIST):
        draw = rng(2, "test/market", job)
        middle = number * len(SKILL_LIST) // len(JOB_LIST)
        near = [SKILL_LIST[(middle + step) % len(SKILL_LIST)] for step in range(9)]
        for ad in range(4):
            own = [near[i] for i in draw.permutation(len(near))[:4]]
            strays = [SKILL_LIST[i] for i in draw.permutation(len(SKILL_LIST))[:2]]
            ads.append((job if ad % 2 else f"Sr. {job} - Austin, TX", [*own, *strays]))
    return ads


@cache
def market() -> tuple[Graph, Clusters]:
    """The graph of the kept clusters of ten and more."""
    whole = graph_of(advertisements())
    clusters = grow_clusters(whole, 1)
    kept = clusters.covered()
    return whole.keep_occupations(kept), clusters.renumbered(kept)


def first_names(groups: dict[str, tuple[str, str]] = GROUPS) -> FirstNames:
    rows = [
        {"first_name": name, "gender": gender, "name_group": group, "source": "test"}
        for group, listed in groups.items()
        for gender in ("female", "male")
        for name in listed
    ]
    return FirstNames.from_table(pa.Table.from_pylist(rows))


def world(seed: int = 1, settings: SamplingSettings = SETTINGS) -> World:
    graph, clusters = market()
    return World(graph, clusters, first_names(), ["tech"] * len(graph.titles), settings, seed)
