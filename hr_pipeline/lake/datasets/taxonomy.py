"""Contracts of the links to occupation and skill taxonomies."""

from hr_pipeline.lake.contracts import Column, Contract
from hr_pipeline.lake.datasets.columns import INTEGER, REAL, TEXT

SCHEMES = frozenset({"esco", "onet", "soc"})
KINDS = frozenset({"skill", "occupation"})

TAXONOMY = (
    Contract(
        "taxonomy/links",
        "Skills and occupations of the graph linked to ESCO, O*NET and SOC where the link is sure",
        (
            Column("entity", TEXT, "title or skill as the graph shows it"),
            Column("kind", TEXT, "of the entity", allowed=KINDS),
            Column("scheme", TEXT, "taxonomy", allowed=SCHEMES),
            Column("release", TEXT, "of the taxonomy, as its file says or its SHA-256 tells"),
            Column("uri", TEXT, "ESCO concept, O*NET-SOC code, SOC group"),
            Column("label", TEXT, "the concept's preferred label"),
            Column("matched", TEXT, "the label, preferred or other, that was nearest"),
            Column("score", REAL, "0 to 1, of the method"),
            Column("method", TEXT, "how the link was found"),
        ),
        key=("entity", "kind", "scheme", "uri"),
    ),
    Contract(
        "taxonomy/coverage",
        "How many entities of the graph are linked, by kind, scheme and method",
        (
            Column("kind", TEXT, "skill or occupation"),
            Column("scheme", TEXT, "taxonomy"),
            Column("method", TEXT, "all, or one way of linking"),
            Column("linked", INTEGER, "entities with a link"),
            Column("entities", INTEGER, "entities in all"),
            Column("share", REAL, "linked / entities"),
            Column("goal", REAL, "share that is asked for", nullable=True),
        ),
        key=("kind", "scheme", "method"),
    ),
)
