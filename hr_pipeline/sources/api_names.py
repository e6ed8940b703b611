"""Which names of a list are no API, and why: one cause for the ledger, empty for an API."""

import re
from collections.abc import Collection

PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
COORDINATE = re.compile(r"[\w.-]+:[\w.-]+")
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
SHORT = 2  # letters; "tf" is what a project calls its own file
NOT_FOR_USE = frozenset({"test", "tests", "idlelib", "turtledemo"})
# What projects call their own modules. A name made of nothing but these words is one of them.
LOCAL = frozenset(
    """
    account accounts action actions admin agent agents alg algo algorithm algorithms analysis
    api app application apps args arguments assets auth backend base board bot cache callbacks
    camera cfg character check classes classifier cli client clients cmd code command commands
    common compat component components conf config configs configuration configurations connect
    connection const constant constants consts context control controller controllers core
    credentials custom data database dataload dataloader dataloaders dataloading dataset
    datautils db debug decoder decorators def default definitions demo device dictionary display
    eda edit encoder engine entity env environment envs error errors eval evaluate evaluation
    event events example examples exception exceptions experiment experiments export extension
    extensions extra extractor feature features file files filter filters foo form forms
    frontend func function functions game games gen generate generator global globals globalvars
    graph gui handler handlers helper helpers hparams image images import index inference info
    init input inputs interface interfaces internal item items job jobs key keys lang language
    languages layer layers level lib library libs load loader log logger logging login logs loss
    losses main mainwindow manage manager map menu metric metrics middleware misc mixins model
    modeling models module modules my myapp name net nets network networks nn node nodes object
    objects ops opt optimizer option options opts order output package packages page pages param
    parameter parameters params parser parsers path paths pipeline play player plot plots plugin
    plugins predict prediction preprocess preprocessing process processing processor product
    project query reader report reports request resource resources result results route router
    routers routes run runner sample samples save scene schemas screen script scripts search
    serializers server service services session setting settings setup shared shop simple
    simulation simulator solution solver source src start state stats store support system table
    task tasks template templates test testapp testing tests text tokenizer tool toolbox tools
    train trainer trainers training transform transforms ui user userbot users util utilities
    utility utils val validation validators value values vars version view views visualization
    visualize web website widgets window windows worker writer
    """.split()  # noqa: SIM905 (a list would be a line a word)
)


def is_local(name: str) -> bool:
    """Whether a name is what a project calls a file of its own ("utils", "data_loader")."""
    words = WORDS.findall(name)
    return bool(words) and all(word.casefold() in LOCAL for word in words)


def why_no_module(name: str) -> str:
    """Causes for a module of the standard library: malformed_name, private, test_or_demo."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return "malformed_name"
    if any(part.startswith("_") for part in parts):
        return "private"
    return "test_or_demo" if NOT_FOR_USE.intersection(parts) else ""


def why_no_import(name: str, sure: Collection[str], packages: Collection[str]) -> str:
    """Causes for a Python import name: empty_name, malformed_name, private, local_module,
    too_short.

    `sure`: names of the standard library, of import maps and of the user's list; `packages`: names
    of packages in small letters with "-".
    """
    if not name:
        return "empty_name"
    if not all(part.isidentifier() for part in name.split(".")):
        return "malformed_name"
    if any(part.startswith("_") for part in name.split(".")):
        return "private"
    if name not in sure:
        several_words = len(WORDS.findall(name)) > 1
        if is_local(name) and not (several_words and as_package(name) in packages):
            return "local_module"
        if len(name) <= SHORT and as_package(name) not in packages:
            return "too_short"
    return ""


def as_package(name: str) -> str:
    """A name as packages are compared on PyPI (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def why_no_package(name: str) -> str:
    """Causes for a PyPI project: empty_name, malformed_name."""
    if not name:
        return "empty_name"
    return "" if PROJECT.fullmatch(name) else "malformed_name"
