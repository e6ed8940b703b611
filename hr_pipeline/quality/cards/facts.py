"""All that the cards say, gathered from builds: every fact with its evidence, or no card at all."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from hr_pipeline.lake.builds import Build
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.lineage import Lineage
from hr_pipeline.lake.store import Lake
from hr_pipeline.quality.cards.wanted import CONFIGS, DATASETS, FIGURES, Row
from hr_pipeline.sources.licences import Licence, ReleaseLicence, licence_of, release_licence

V = TypeVar("V")
SPLITS = ("train", "dev", "test")
RELEASE = "release"


@dataclass(frozen=True)
class Fact(Generic[V]):
    """A value and the snapshots ("dataset@version") or other places that it was read from."""

    value: V
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """A raw file: the need it served, its form, its content, its terms; the release of a taxonomy,
    else ""."""

    need: str
    form: str
    sha256: str
    licence: Licence
    release: str = ""

    @property
    def kind(self) -> str:
        """The form, with the release where it is known."""
        return f"{self.form}, release {self.release}" if self.release else self.form


@dataclass(frozen=True)
class Config:
    """A part of the release that is loaded by its name; `rows` by split, empty splits left out."""

    name: str
    build: Build
    rows: dict[str, int]

    @property
    def dataset(self) -> str:
        return self.build.dataset


@dataclass(frozen=True)
class Paid:
    """What the recording holds of the teacher's calls; `dollars` is None where no price is known,
    `prices` says of when and where the prices are."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    dollars: float | None
    prices: str


@dataclass(frozen=True)
class Facts:
    """One field for each thing that the cards say. `figures`: name of FIGURES -> rows."""

    version: Fact[str]
    notice: Fact[str]
    teacher: Fact[str]
    teacher_settings: Fact[Row]
    seed: Fact[int]
    configs: Fact[tuple[Config, ...]]
    left_out: Fact[tuple[str, ...]]
    contexts: Fact[Row]
    writing: Fact[Row]
    prompts: Fact[dict[str, str]]
    lineage: Fact[tuple[Build, ...]]
    lost: Fact[dict[str, dict[str, int]]]
    sources: Fact[tuple[Source, ...]]
    licence: Fact[ReleaseLicence]
    paid: Fact[Paid]
    figures: dict[str, Fact[list[Row]]]

    @property
    def triples(self) -> int:
        return self.config("triples").build.rows

    @property
    def rows(self) -> int:
        """Of all configs together."""
        return sum(sum(config.rows.values()) for config in self.configs.value)

    def config(self, name: str) -> Config:
        return next(config for config in self.configs.value if config.name == name)


def gather(lake: Lake, builds: Mapping[str, Build], made_from: Lineage, paid: Paid) -> Facts:
    """The facts of these builds (all of DATASETS and MEASURED) and of what DATASETS were made from.

    InputError, one line that names the field and where it should come from, for one without
    evidence.
    """
    triples, contexts = builds["rjdb/triples"], made_from.builds["rjdb/contexts"]
    every = [_config(lake, name, builds[f"rjdb/{name}"]) for name in CONFIGS]
    configs = tuple(config for config in every if config.rows)
    sources = _sources(made_from)
    settled = release_licence((source.need, source.licence) for source in sources)
    whole = tuple(map(at, made_from.builds.values()))
    released = tuple(at(builds[name]) for name in DATASETS)
    files = tuple(f"{source.need} file, SHA-256 {source.sha256[:16]}" for source in sources)
    return Facts(
        version=known("version", triples.version, "rjdb/triples", (at(triples),)),
        notice=Fact(next((b.notice for b in made_from.builds.values() if b.notice), ""), whole),
        teacher=known(
            "teacher", triples.recipe.teacher, "the recipe of rjdb/triples", (at(triples),)
        ),
        teacher_settings=Fact(_asked_with(triples), (at(triples),)),
        seed=known("seed", contexts.recipe.seed, "the recipe of rjdb/contexts", (at(contexts),)),
        configs=known("configs", configs, "rows of rjdb/triples and its task sets", released),
        left_out=Fact(tuple(config.name for config in every if not config.rows), released),
        contexts=_settings("contexts", contexts),
        writing=_settings("writing", triples),
        prompts=known("prompts", _prompts(made_from), "the recipe of rjdb/triples", whole),
        lineage=Fact(tuple(made_from.builds.values()), whole),
        lost=Fact({n: b.lost_by_cause for n, b in made_from.builds.items() if b.rows_lost}, whole),
        sources=known("sources", sources, "the recipe of sources/occupations", files),
        licence=Fact(settled, files),
        paid=Fact(paid, ("the recording of replies",) if paid.calls else (at(triples),)),
        figures=_figures(lake, builds, {config.name for config in configs}),
    )


def at(build: Build) -> str:
    """A snapshot, as evidence."""
    return f"{build.dataset}@{build.version}"


def known(field: str, value: V | None, where: str, evidence: Iterable[str]) -> Fact[V]:
    """The fact, or the one line that says what is missing."""
    places = tuple(evidence)
    if value is None or value == "" or value in ((), {}, []) or not places:
        what = "there is no evidence for it, and no card is written without"
        raise InputError(what, f"card field {field}", f"it should come from {where}")
    return Fact(value, places)


def _config(lake: Lake, name: str, build: Build) -> Config:
    counted: Counter[str] = Counter()
    for batch in lake.batches(build.dataset, build.version, ["split"]):
        counted.update(batch.column("split").to_pylist())
    return Config(name, build, {split: counted[split] for split in SPLITS if counted[split]})


def _sources(made_from: Lineage) -> tuple[Source, ...]:
    """The raw files; recipes name them "need: form", and releases of taxonomies "need: release"."""
    told = [(*name.split(": ", 1), value) for name, value in made_from.files.items()]
    releases = {need: value for need, kind, value in told if kind == RELEASE}
    return tuple(
        Source(need, form, sha256, licence_of(form, sha256), releases.get(need, ""))
        for need, form, sha256 in told
        if form != RELEASE
    )


def _asked_with(triples: Build) -> Row:
    """Parameters of the teacher's requests, and how often a faulty reply was asked for again."""
    return {name: value for name, value in triples.recipe.settings.items() if name != "config"}


def _settings(field: str, build: Build) -> Fact[Row]:
    config = build.recipe.settings.get("config")
    return known(field, config, f"the recipe of {build.dataset}", (at(build),))


def _prompts(made_from: Lineage) -> dict[str, str]:
    """Name of each prompt file -> its hash."""
    held = (build.recipe.prompts for build in made_from.builds.values())
    return {name: value for prompts in held for name, value in sorted(prompts.items())}


def _figures(
    lake: Lake, builds: Mapping[str, Build], released: set[str]
) -> dict[str, Fact[list[Row]]]:
    """The rows that the card shows of each measured dataset whose config has rows."""
    figures = {}
    for wanted in FIGURES:
        if wanted.of not in released:
            continue
        build = builds[wanted.dataset]
        rows = [
            {column: row[column] for column in wanted.columns}
            for row in lake.table(wanted.dataset, build.version).to_pylist()
            if wanted.keep(row)
        ]
        where = f"rows of {wanted.dataset}; run: hr-pipeline build {wanted.dataset}"
        figures[wanted.name] = known(wanted.name, rows, where, (at(build),))
    return figures
