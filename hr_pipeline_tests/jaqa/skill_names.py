"""A few names of skills, as sources/skill_names holds them."""

from typing import Any

Row = dict[str, Any]
ESCO = {  # preferred label: other labels
    "Java (computer programming)": ["Java", "Java EE"],
    "JavaScript Framework": ["AngularJS", "web frameworks"],
    "C++": [],
    "SQL Server": ["MS SQL Server"],
    "R": [],
    "manage staff": ["people management", "staff"],
    "manage a team": ["team"],
    "lead a team": ["team", "team work"],
    "use software": ["software"],
    "communication": ["communicate with others"],
    "cloud technologies": ["access to the cloud"],
    "securities": ["security"],
    "Canvas (learning management systems)": ["Canvas"],
    "access rooms": [],
    "excel at work": [],
    "grow flowers in spring": ["access gardens in spring", "access roofs in spring"],
    "go to market": [
        "go and access markets",
        "excel where you go",
        "excel in teams in which you go",
    ],
}
DICE = {  # name: postings
    **{"Java": 1489, "AngularJS": 196, "Communication skills": 15, "Cloud": 168, ".NET": 500},
    **{"C": 77, "C#": 641, "Node.js": 81, "Go": 15, "Excel": 396, "Spring": 228, "Access": 83},
    **{"CI/CD": 9, "HTML": 673, "CSS": 545, "HTML CSS": 8, "HTML/CSS": 15, "AWS": 279},
    **{"AWS services": 4, "Terraform": 1, "Now": 1, "Team": 1, "Java Developer": 60},
    **{"excellent SQL": 4, "3 years experience": 4, "and Linux": 3, "Linux": 813, "etc.": 3},
    **{"team access": 1, "Docker": 42, "dockers": 2, "Machine Learning": 17, "Security": 678},
    **{"Ada": 23},
}


def rows() -> list[Row]:
    """The rows of both."""
    of_esco = [
        _row(name, skill, "esco", name == skill, 0, f"https://example.org/skill/{number}")
        for number, (skill, others) in enumerate(ESCO.items())
        for name in (skill, *others)
    ]
    return of_esco + [_row(name, name, "dice", True, n, None) for name, n in DICE.items()]


def _row(name: str, skill: str, source: str, preferred: bool, n: int, uri: str | None) -> Row:
    kind = "knowledge" if uri else None
    told = {"name": name, "skill": skill, "source": source, "uri": uri, "kind": kind}
    return told | {"preferred": preferred, "n_postings": n}
