"""The major groups of ISCO-08, the classification under which ESCO files its occupations."""

MAJOR_GROUPS = {
    "0": "Armed forces occupations",
    "1": "Managers",
    "2": "Professionals",
    "3": "Technicians and associate professionals",
    "4": "Clerical support workers",
    "5": "Service and sales workers",
    "6": "Skilled agricultural, forestry and fishery workers",
    "7": "Craft and related trades workers",
    "8": "Plant and machine operators and assemblers",
    "9": "Elementary occupations",
}
NO_GROUP = "no ISCO-08 group"


def major_group(code: str | None) -> str:
    """The name of the major group of an ISCO-08 code (its first digit decides), else `NO_GROUP`."""
    return MAJOR_GROUPS.get((code or "")[:1], NO_GROUP)
