"""How the template teacher's replies look: heads, marker lines, marks of lists.

A form is taken at random for a reply, as often as models take it.
"""

from hr_pipeline.rjdb.template_phrases import PhraseDraws

Section = tuple[str, str]  # its head line and its body
Sections = dict[str, Section]

HEAD_FORMS: tuple[str, ...] = ("## {}",) * 58 + ("## {}:",) * 8 + ("### {}",) * 4 + ("**{}**",) * 10
HEAD_FORMS += ("**{}:**",) * 6 + ("{}:",) * 6 + ("{}",) * 4 + ("UPPER",) * 4
MARKER_FORMS: tuple[str, ...] = (
    ("=== UPPER ===",) * 90 + ("=== {} ===",) * 4 + ("# {}",) * 3 + ("**UPPER**",) * 3
)
_MARKS = ("- ",) * 7 + ("N. ",) * 6 + ("* ",) * 4 + ("• ",) * 2 + ("N) ", "")


def styled(form: str, name: str) -> str:
    """A form with a name in it, in capitals where the form says so."""
    return form.replace("UPPER", name.upper()) if "UPPER" in form else form.replace("{}", name)


def list_mark(head: str, draws: PhraseDraws) -> str:
    """How a list's lines begin; lines without a mark only where heads cannot be mistaken."""
    mark = draws.pick(_MARKS)
    return mark if mark or head.startswith(("#", "*")) else "- "
