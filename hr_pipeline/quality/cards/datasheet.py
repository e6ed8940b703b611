"""The datasheet: questions to a data set, answered from facts or by statements marked as method."""

from hr_pipeline.quality.cards import words
from hr_pipeline.quality.cards.facts import Facts
from hr_pipeline.quality.cards.readme import Publisher


def datasheet(facts: Facts, publisher: Publisher) -> str:
    """DATASHEET.md."""
    held = words.evidence(facts)

    def basis(*names: str) -> str:
        """The evidence of facts; one that the run has no figures for is left out."""
        return ", ".join(dict.fromkeys(held[name] for name in names if name in held))

    return words.page(
        "datasheet.md.j2",
        {
            "facts": facts,
            "name": words.title(facts),
            "from": basis,
            "creator": publisher.creator,
            "contact": publisher.contact,
            "paid": words.paid,
            "attributions": words.attributions(facts),
            "teacher_terms": words.teacher_terms(facts),
        },
        {"plain": words.plain},
    )
