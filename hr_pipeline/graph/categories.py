"""The paper's five categories (RJDB Figure 3) from SOC major groups."""

from hr_pipeline.embedding.models import LEXICAL, open_embedder
from hr_pipeline.embedding.nearest import nearest_k
from hr_pipeline.taxonomy.groups import GroupFinder

TECH, SOCIAL, MANUAL = "tech", "social, product and finance", "manual labor"
HEALTH, ADMINISTRATIVE = "healthcare", "administrative"

OF_MAJOR_GROUP = {
    "11": SOCIAL,  # management
    "13": SOCIAL,  # business and finance
    "15": TECH,  # computers and mathematics
    "17": TECH,  # architecture and engineering
    "19": SOCIAL,  # sciences
    "21": SOCIAL,  # community and social service
    "23": SOCIAL,  # law
    "25": SOCIAL,  # education
    "27": SOCIAL,  # arts, media, sports
    "29": HEALTH,
    "31": HEALTH,
    "33": MANUAL,  # protective service
    "35": MANUAL,  # food
    "37": MANUAL,  # buildings and grounds
    "39": MANUAL,  # personal care
    "41": SOCIAL,  # sales
    "43": ADMINISTRATIVE,
    "45": MANUAL,  # farming, fishing, forestry
    "47": MANUAL,  # construction and extraction
    "49": MANUAL,  # installation and repair
    "51": MANUAL,  # production
    "53": MANUAL,  # transport
    "55": MANUAL,  # military
}


def categorise(
    titles: list[str],
    codes: list[str],
    official: list[tuple[str, str]],
    model: str = LEXICAL,
) -> list[str]:
    """A category per title: by its own SOC code where it has one, else by the `official` (code,
    title) pairs: what a classifier learns from them or, with a model of embeddings, the nearest of
    them. "tech" where there are none (advertisements are from Dice)."""
    category = {i: OF_MAJOR_GROUP.get(code[:2], SOCIAL) for i, code in enumerate(codes) if code}
    open_titles = [i for i in range(len(titles)) if i not in category]
    if open_titles and official:
        groups = _groups([titles[i] for i in open_titles], official, model)
        for i, group in zip(open_titles, groups, strict=True):
            category[i] = OF_MAJOR_GROUP.get(group, SOCIAL)
    return [category.get(i, TECH) for i in range(len(titles))]


def _groups(titles: list[str], official: list[tuple[str, str]], model: str) -> list[str]:
    """Major groups. By characters the nearest official title is often of another trade
    (docs/taxonomy.md compares both)."""
    if model == LEXICAL:
        return GroupFinder(official).find(titles)[0]
    found = nearest_k(open_embedder(model), titles, [title for _, title in official], 1)
    return [official[place][0][:2] for place in found.positions[:, 0]]
