"""The forms of input files, as data. A file is recognised by its columns, never by its name."""

from collections.abc import Collection
from dataclasses import dataclass

from hr_pipeline.sources.tabular import fold


@dataclass(frozen=True)
class Form:
    """A kind of table. A required column may have several spellings, the usual one first.

    `distinctive`: a file that holds one of these and no whole form is a faulty file of this form.
    `foreign`: columns that a file of this form never has. `kind`: "workbook", "text" or any ("").
    `alone`: such a file has no other columns. `need` is empty for a form that is known, not used.
    """

    name: str
    label: str
    need: str
    required: tuple[tuple[str, ...], ...]
    distinctive: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    some_of: tuple[str, ...] = ()
    kind: str = ""
    alone: bool = False

    def missing(self, columns: Collection[str]) -> list[str]:
        """Required columns that are not among these folded names, in their usual spelling."""
        return [names[0] for names in self.required if not _any(names, columns)]

    def matches(self, columns: Collection[str], kind: str) -> bool:
        if self.kind not in ("", kind) or _any(self.foreign, columns):
            return False
        if self.alone and len(set(columns) - {""}) > len(self.required):
            return False
        return not self.missing(columns) and (not self.some_of or _any(self.some_of, columns))

    def resembles(self, columns: Collection[str], kind: str) -> bool:
        return self.kind in ("", kind) and _any(self.distinctive, columns)


def _any(names: Collection[str], columns: Collection[str]) -> bool:
    return any(fold(name) in columns for name in names)


ONET_CODE = "O*NET-SOC Code"
ONET_OTHER = (
    *("Alternate Title", "Short Title", "Source(s)", "Reported Job Title", "Shown in My Next Move"),
    *("Example", "Commodity Code", "Commodity Title", "Hot Technology", "In Demand", "T2 Type"),
    *("T2 Example", "Workplace Example", "Element ID", "Element Name", "Scale ID", "Data Value"),
    *("Task", "Task ID", "Task Type", "DWA ID", "DWA Title", "Job Zone", "Tier", "Index"),
    *("Related O*NET-SOC Code", "Relatedness Tier", "Related Index", "Item", "Response"),
    *("Category", "Domain Source", "Interest Type", "Green Occupational Category"),
)


def _onet(kind: str) -> Form:
    return Form(
        name="onet",
        label=f"O*NET occupation data ({kind})",
        need="occupations",
        required=((ONET_CODE,), ("Title",), ("Description",)),
        distinctive=(ONET_CODE,),
        foreign=ONET_OTHER,
        kind=kind,
    )


DICE = Form(
    name="dice",
    label="Dice job postings",
    need="dice",
    required=(("jobtitle",), ("skills",)),
    distinctive=("jobtitle", "joblocation_address", "employmenttype_jobstatus", "advertiserurl"),
)
OEWS = Form(
    name="oews",
    label="OEWS occupations",
    need="occupations",
    required=(("OCC_CODE",), ("OCC_TITLE",), ("O_GROUP", "OCC_GROUP")),
    distinctive=("OCC_TITLE", "O_GROUP"),
)
SOC_2018 = Form(
    name="soc_2018",
    label="SOC 2018 definitions",
    need="occupations",
    required=(("SOC Group",), ("SOC Code",), ("SOC Title",)),
    distinctive=("SOC Group", "SOC Definition"),
)
SOC_STRUCTURE = Form(
    name="soc_structure",
    label="SOC structure",
    need="occupations",
    required=(("SOC Code 2018", "SOC Code"), ("Occupation",)),
    distinctive=("SOC Code 2018",),
)
FORENAMES = Form(
    name="forenames_by_country",
    label="forenames by country",
    need="names",
    required=(("Country",), ("Gender",), ("Romanized Name",)),
    distinctive=("Romanized Name", "Localized Name"),
)
NYC = Form(
    name="nyc_births",
    label="New York City baby names",
    need="names",
    required=(("Gender",), ("Ethnicity",), ("Child's First Name",)),
    distinctive=("Child's First Name",),
)
ESCO_OCCUPATIONS = Form(
    name="esco_occupations",
    label="ESCO occupations",
    need="esco_occupations",
    required=(("conceptUri",), ("preferredLabel",), ("altLabels",), ("iscoGroup",)),
    distinctive=("iscoGroup",),
)
ESCO_SKILLS = Form(
    name="esco_skills",
    label="ESCO skills",
    need="esco_skills",
    required=(("conceptUri",), ("preferredLabel",), ("altLabels",), ("skillType",)),
    foreign=("broaderConceptUri", "occupationUri"),
)
ONET_ALTERNATE = Form(
    name="onet_alternate_titles",
    label="O*NET alternate titles",
    need="onet_alternate_titles",
    required=((ONET_CODE,), ("Alternate Title",)),
)
ONET_REPORTED = Form(
    name="onet_reported_titles",
    label="O*NET reported titles",
    need="onet_reported_titles",
    required=((ONET_CODE,), ("Reported Job Title",)),
)
SOC_DIRECT_MATCH = Form(
    name="soc_direct_match",
    label="SOC direct match titles",
    need="soc_direct_match_titles",
    required=(("2018 SOC Code",), ("2018 SOC Direct Match Title",)),
    distinctive=("2018 SOC Direct Match Title",),
)
_LINKEDIN_ONLY = (
    *("job_posting_url", "formatted_work_type", "formatted_experience_level"),
    *("original_listed_time", "skills_desc"),
)
LINKEDIN_POSTINGS = Form(
    name="linkedin_postings",
    label="LinkedIn postings",
    need="linkedin",
    required=(("job_id",), ("title",), ("description",)),
    distinctive=("job_posting_url", "formatted_experience_level"),
    some_of=_LINKEDIN_ONLY,
)
LINKEDIN_JOBS = Form(
    name="linkedin_jobs",
    label="LinkedIn postings by link",
    need="linkedin",
    required=(("job_link",), ("job_title",)),
)
LINKEDIN_UNDESCRIBED = Form(
    name="linkedin_postings_undescribed",
    label="LinkedIn postings without description",
    need="linkedin",
    required=(("job_id",), ("title",)),
    foreign=("description",),
    some_of=_LINKEDIN_ONLY,
)
LINKEDIN_SKILLS = Form(
    name="linkedin_job_skills",
    label="skills of LinkedIn postings by link",
    need="linkedin",
    required=(("job_link",), ("job_skills",)),
)
LINKEDIN_SUMMARIES = Form(
    name="linkedin_job_summaries",
    label="descriptions of LinkedIn postings by link",
    need="linkedin",
    required=(("job_link",), ("job_summary",)),
)
LINKEDIN_CODES = Form(
    name="linkedin_function_codes",
    label="function codes of LinkedIn postings",
    need="linkedin",
    required=(("job_id",), ("skill_abr",)),
)
LINKEDIN_FUNCTIONS = Form(
    name="linkedin_functions",
    label="names of LinkedIn's function codes",
    need="linkedin",
    required=(("skill_abr",), ("skill_name",)),
)
LINKEDIN = (  # the preferred row of a posting that several tell comes from the first
    *(LINKEDIN_POSTINGS, LINKEDIN_JOBS, LINKEDIN_UNDESCRIBED),
    *(LINKEDIN_SKILLS, LINKEDIN_SUMMARIES, LINKEDIN_CODES, LINKEDIN_FUNCTIONS),
)
TAXONOMIES = (ESCO_OCCUPATIONS, ESCO_SKILLS, ONET_ALTERNATE, ONET_REPORTED, SOC_DIRECT_MATCH)
FORMS = (
    *(DICE, OEWS, SOC_2018, SOC_STRUCTURE, _onet("workbook"), _onet("text"), FORENAMES, NYC),
    *TAXONOMIES,
    *LINKEDIN,
)
LINKEDIN_TITLE_LIST = Form(
    "linkedin_title_list", "a list of titles only", "", (("title",),), alone=True
)
NOT_USED = (
    Form("onet_other", "another O*NET table", "", ((ONET_CODE,),), some_of=ONET_OTHER),
    Form(
        "surnames_by_country",
        "surnames by country",
        "",
        (("Country",), ("Romanized Name", "Localized Name"), ("Rank",), ("Percent",)),
        foreign=("Gender",),
    ),
    Form(
        "esco_other",
        "another ESCO table",
        "",
        (("conceptUri", "occupationUri"),),
        some_of=("broaderConceptUri", "relationType", "code", "skillUri"),
    ),
    LINKEDIN_TITLE_LIST,
)
NEEDS = ("dice", "occupations", "names")
OPTIONAL_NEEDS = tuple(form.need for form in TAXONOMIES)  # linked to where they are there
JAQA_NEEDS = ("linkedin", "esco_occupations", "esco_skills", "dice")  # each where it is there
USED_TOGETHER = frozenset({"linkedin"})  # of any other need one file is used
# Without Dice the graph is of general occupations alone.
CAN_BE_LEFT_OUT = frozenset({"dice", *OPTIONAL_NEEDS})


def forms_of(need: str) -> list[Form]:
    """The forms that serve a need, the preferred first."""
    return [form for form in FORMS if form.need == need]
