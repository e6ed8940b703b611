"""Licences of the raw files, by form, and the licence that follows for what is made from them.

A file does not say under which terms it stands: a row says what the usual publisher of such a file
states. Somebody's own file of the same form may stand under others, which the cards say. The sample
files are known by their content.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Demand(IntEnum):
    """What a licence asks of what is made from the data; the highest of all sources decides."""

    NOTHING = 0
    NOTICE = 1  # keep the licence's text with it
    ATTRIBUTION = 2  # name the source
    SHARE_ALIKE = 3  # name the source, and pass on under the same licence
    UNKNOWN = 4


@dataclass(frozen=True)
class Licence:
    """`name`: SPDX identifier, or the terms' own name; `url`: where they stand; `attribution`: the
    line that goes with whatever is passed on."""

    name: str
    url: str
    publisher: str
    attribution: str
    demand: Demand


@dataclass(frozen=True)
class ReleaseLicence:
    """The licence of a release and why; `hub`: its identifier in a dataset card's front matter."""

    name: str
    hub: str
    url: str
    reason: str


_ONET = Licence(
    "CC-BY-4.0",
    "https://www.onetcenter.org/license_db.html",
    "U.S. Department of Labor, Employment and Training Administration (USDOL/ETA)",
    "Contains data derived from the O*NET database of USDOL/ETA, CC BY 4.0; changed. "
    "O*NET is a trademark of USDOL/ETA.",
    Demand.ATTRIBUTION,
)
_ESCO = Licence(
    "reuse under Commission Decision 2011/833/EU",
    "https://eur-lex.europa.eu/eli/dec/2011/833/oj",
    "European Commission",
    "Contains data derived from the ESCO classification of the European Commission; changed.",
    Demand.ATTRIBUTION,
)
_BLS = Licence(
    "public domain (U.S. government work)",
    "https://www.bls.gov/opub/copyright-information.htm",
    "U.S. Bureau of Labor Statistics",
    "Occupations: U.S. Bureau of Labor Statistics.",
    Demand.NOTHING,
)
_ARSHKON = Licence(
    "CC-BY-SA-4.0",
    "https://www.kaggle.com/datasets/arshkon/linkedin-job-postings",
    "arshkon",
    "Contains data derived from LinkedIn Job Postings (2023 - 2024) on Kaggle, "
    "CC BY-SA 4.0; changed.",
    Demand.SHARE_ALIKE,
)
_ASANICZKA = Licence(
    "ODC-By-1.0",
    "https://www.kaggle.com/datasets/asaniczka/1-3m-linkedin-jobs-and-skills-2024",
    "asaniczka",
    "Contains data derived from 1.3M LinkedIn Jobs & Skills (2024) on Kaggle, ODC-By 1.0; changed.",
    Demand.ATTRIBUTION,
)
_PIPREQS = Licence(
    "Apache-2.0",
    "https://github.com/bndr/pipreqs",
    "pipreqs",
    "Import names and modules of Python: lists of pipreqs, Apache-2.0.",
    Demand.NOTICE,
)
_SORMURAS = Licence(
    "MIT",
    "https://github.com/sormuras/modules",
    "sormuras/modules",
    "Java modules and Maven artifacts: sormuras/modules, MIT.",
    Demand.NOTICE,
)
BY_FORM = {
    "dice": Licence(
        "CC-BY-SA-4.0",
        "https://www.kaggle.com/datasets/PromptCloudHQ/us-technology-jobs-on-dicecom",
        "PromptCloud",
        "Contains data derived from U.S. technology jobs on Dice.com (PromptCloud), "
        "CC BY-SA 4.0; changed.",
        Demand.SHARE_ALIKE,
    ),
    "oews": _BLS,
    "soc_2018": _BLS,
    "soc_structure": _BLS,
    "soc_direct_match": _BLS,
    "onet": _ONET,
    "onet_alternate_titles": _ONET,
    "onet_reported_titles": _ONET,
    "esco_occupations": _ESCO,
    "esco_skills": _ESCO,
    "linkedin_postings": _ARSHKON,
    "linkedin_postings_undescribed": _ARSHKON,
    "linkedin_function_codes": _ARSHKON,
    "linkedin_functions": _ARSHKON,
    "linkedin_jobs": _ASANICZKA,
    "linkedin_job_skills": _ASANICZKA,
    "linkedin_job_summaries": _ASANICZKA,
    "import_map": _PIPREQS,
    "python_stdlib": _PIPREQS,
    "java_modules": _SORMURAS,
    "maven": _SORMURAS,
    "npm": Licence(
        "MIT",
        "https://github.com/wooorm/npm-high-impact",
        "npm-high-impact",
        "Names of npm packages: npm-high-impact, MIT.",
        Demand.NOTICE,
    ),
    "forenames_by_country": Licence(
        "CC0-1.0",
        "https://github.com/sigpwned/popular-names-by-country-dataset",
        "popular-names-by-country-dataset",
        "First names: popular-names-by-country-dataset.",
        Demand.NOTHING,
    ),
    "nyc_births": Licence(
        "NYC Open Data terms of use",
        "https://opendata.cityofnewyork.us/overview/#termsofuse",
        "City of New York",
        "First names: Popular Baby Names, City of New York, NYC Open Data; changed.",
        Demand.ATTRIBUTION,
    ),
}
OWN = Licence(
    "Apache-2.0",
    "https://www.apache.org/licenses/LICENSE-2.0",
    "hr_pipeline",
    "Sample inputs of hr_pipeline, written for the project, Apache-2.0.",
    Demand.NOTICE,
)
SAMPLES = frozenset(  # SHA-256 of the files in data_lake/raw/sample
    {
        "faaef8714eb86d26dd023841bc2292ea479e4ef7d0b5ba3a26d9b009c16bce54",
        "aad65ec5bd0e8a310e042142f3609a3f30c5b68f20fffa863b93be945817eeca",
        "2b8c50b4e9af745a334d345875f926937d30e401e840c8602f3eed3281346f53",
        "9b76e3268bbe029d357b493580f3223df1533f2cda4cab2c3d7cea30d9fc3d3e",
        "536402755dead8f637c5d1b027771ae590b6aef49d309844b1bfb20e88708db0",
        "28d67cddd9ab3ae2e801db7294e9d8c6a10d801450d0cf9ba47827808f55709a",
        "5235aab0bb8c3ceb2c3f8ed51bc8abf9aa2575857041067613ea998b2ac381a8",
        "bc7740423c70b4e029b7dc317a13aaab34a010a66d8416f6b5982a3e0f6f9da5",
        "688e427d78ecbebc03d2132f29cfa662f22b2c67502f8caf79eccacdaa6f0cc0",
        "cea774b0caf108f3e2783cc375cd60cbac8acb77b60db1b25f83d34c60edc94e",
        "ae975ae241b43a45f17fa26bad801f957c8bbcc43511909d7c6ecea7add56d1e",
        "e6bddd128bd53ab1bd1f018f8388f4b5b340a1559c4d6dfdc70a1f3f2478a0c2",
        "e360995096bf2fc8b9e7ddbed6ac749d46f5c23b82ebfef46cdfda2750c545f8",
        "afbd6abfead50b8fcdb22b70b23eabcafe48b467167eb90add8d38e169215412",
    }
)
UNSTATED = Licence(
    "not stated by the file", "", "unknown", "Ask its publisher for the terms.", Demand.UNKNOWN
)
_RELEASED_UNDER = {
    Demand.NOTHING: ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    Demand.NOTICE: ("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
    Demand.ATTRIBUTION: ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
    Demand.SHARE_ALIKE: ("CC-BY-SA-4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
}
_WHY = {
    Demand.NOTHING: "no source asks for anything",
    Demand.NOTICE: "what is made from them stays under their licence",
    Demand.ATTRIBUTION: "its source must be named",
    Demand.SHARE_ALIKE: "it is share-alike: what is made from it is passed on under the same",
}


def licence_of(form: str, sha256: str) -> Licence:
    """The licence of a raw file; UNSTATED for a form that is not in the table."""
    return OWN if sha256 in SAMPLES else BY_FORM.get(form, UNSTATED)


def release_licence(sources: Iterable[tuple[str, Licence]]) -> ReleaseLicence:
    """The strictest of the licences of these sources (name, licence) decides."""
    found = list(sources)
    demand = max(licence.demand for _, licence in found)
    decisive = [(name, licence) for name, licence in found if licence.demand == demand]
    named = ", ".join(f"{name} ({licence.name})" for name, licence in decisive)
    if demand == Demand.UNKNOWN:
        reason = f"not settled: the terms of {named} are not known; ask its publisher"
        if any(licence.demand == Demand.SHARE_ALIKE for _, licence in found):
            reason += "; a share-alike source asks for CC-BY-SA-4.0 then"
        return ReleaseLicence("not settled", "other", "", reason)
    name, url = _RELEASED_UNDER[demand]
    return ReleaseLicence(name, name.lower(), url, f"decided by {named}: {_WHY[demand]}")
