"""The `build` command: the same Dagster assets as in the UI, in this process, in its history."""

import json
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hr_pipeline.closing import closing_table, is_there, made
from hr_pipeline.lake.errors import InputError
from hr_pipeline.lake.models import FOLDER
from hr_pipeline.lake.store import Lake
from hr_pipeline.llm.template import TEMPLATE
from hr_pipeline.training.pool import holders, limit_pool, tags

if TYPE_CHECKING:
    import dagster as dg

HOME, LAKE, RAW = ".dagster_home", "data_lake", "data_lake/raw"
STOPPED_AT_BUDGET = 3  # exit code
ASKED = ("teacher", "judge")  # resources that answer tasks
RESOURCES = ("run", *ASKED, "embedder", "launcher")
# Errors that need no traceback.
MENDED_BY_USER = ("InputError", "UnknownBatch")
EXPLAINED = (  # need no traceback
    *(*MENDED_BY_USER, "TeacherUnavailable", "ContractBroken", "BudgetReached", "RequestsOpen"),
    "TrainingStopped",
)
INTERRUPTED = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")  # Ctrl-C


@dataclass(frozen=True)
class Order:
    """What the command line asks for; None leaves the profile's or the resources' value."""

    targets: tuple[str, ...]
    profile: str
    lake: str | None = None
    raw: str | None = None
    seed: int | None = None
    teacher: str | None = None
    model: str | None = None
    embedder: str | None = None
    base_url: str | None = None
    without: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    force: bool = False
    keep: bool = False
    budget_usd: float | None = None
    prices: str | None = None
    lane: str | None = None
    last_round: str | None = None


class _Yaml(yaml.SafeLoader):
    """YAML in which a date is text: no setting is one, but a version of an API looks like one."""

    yaml_implicit_resolvers = {
        start: [found for found in resolvers if found[0] != "tag:yaml.org,2002:timestamp"]
        for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def dagster_home() -> Path:
    """$DAGSTER_HOME, or .dagster_home in the working folder; made ready where it is new."""
    home = Path(os.environ.get("DAGSTER_HOME") or HOME).absolute()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        with as_file(files("hr_pipeline") / "dagster.yaml") as ours:
            shutil.copyfile(ours, home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(home)
    return home


def home_for_the_ui() -> Path:
    """As `dagster_home`, with the pool of trainings limited, whatever starts them there."""
    home = dagster_home()
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        limit_pool(instance)
    return home


def build(order: Order, as_json: bool = False) -> int:
    """Run the assets behind the targets and print the closing table. Returns the exit code."""
    profile = load_profile(order.profile)
    dagster_home()
    import dagster as dg

    from hr_pipeline.definitions import defs

    selected, config = what_runs(order, profile)
    lake = Lake(config["resources"]["run"]["config"]["lake_root"])
    trained = require_trainers(selected, config)
    job = defs.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.get() as instance:
        limit_pool(instance)
        if trained and (others := holders(instance)):
            runs = ", ".join(run_id[:8] for run_id in others)
            print(f"note: run {runs} is training; models wait for its end", file=sys.stderr)
        try:
            result = job.execute_in_process(
                instance=instance,
                run_config=config,
                asset_selection=selected,
                tags=tags(),
                raise_on_error=False,
            )
        except dg.DagsterInvalidConfigError as error:
            reason = "; ".join(e.message for e in error.errors)
            raise InputError(reason, "settings", "see docs/settings.md") from error
    if not result.success:
        return report_failure(result)
    built = [made(lake, key.to_user_string(), result.run_id) for key in selected]
    if as_json:
        print(json.dumps(built, indent=1))
    print(closing_table(built), file=sys.stderr)
    print(bill_beside_plan(lake, order, config), file=sys.stderr, end="")
    return 0


def what_runs(order: Order, profile: dict[str, Any]) -> tuple[list["dg.AssetKey"], dict[str, Any]]:
    """The assets behind the targets with what they need, sorted, and the run's configuration."""
    import dagster as dg

    from hr_pipeline.definitions import defs

    graph = defs.resolve_asset_graph()
    operations = {
        k.to_user_string(): defs.resolve_assets_def(k).op.name
        for k in graph.materializable_asset_keys
    }
    targets = asset_keys(order.targets, set(operations))
    keys = [dg.AssetKey(name.split("/")) for name in targets]
    wanted = dg.AssetSelection.assets(*keys).upstream().required_multi_asset_neighbors()
    selected = wanted.resolve(graph)
    if order.keep:
        config = run_config(order, profile, operations, set())
        lake = Lake(config["resources"]["run"]["config"]["lake_root"])
        kept = {k for k in selected if is_there(lake, k.to_user_string())} - set(keys)
        left = dg.AssetSelection.assets(*(selected - kept))
        selected = left.required_multi_asset_neighbors().resolve(graph)
    needed = {operations[key.to_user_string()] for key in selected}
    for setting in order.settings:
        if parse_setting(setting, operations)[0] not in needed.union(RESOURCES):
            print(f"note: --set {setting}: what it is for is not made now", file=sys.stderr)
    return sorted(selected), run_config(order, profile, operations, needed)


def bill_beside_plan(lake: Lake, order: Order, config: dict[str, Any]) -> str:
    """The latest plan of this very build beside what was billed, of each model that was asked; ""
    where there is none."""
    from hr_pipeline.llm.plan import plan_and_bill
    from hr_pipeline.resources import Teacher

    said = []
    for name in ASKED:
        teacher = Teacher(**((config["resources"].get(name) or {}).get("config") or {}))
        if teacher.model:
            where = teacher.where(lake)
            said.append(plan_and_bill(lake, where, teacher.name, order.targets, config))
    return "".join(f"\n{one}\n" for one in dict.fromkeys(said) if one)


def load_profile(name: str) -> dict[str, Any]:
    """A profile that comes with the package, or a YAML file of Dagster run configuration."""
    bundled = files("hr_pipeline") / "profiles" / f"{name}.yaml"
    path = Path(name)
    if bundled.is_file():
        text = bundled.read_text(encoding="utf-8")
    elif path.is_file():
        text = path.read_text(encoding="utf-8", errors="replace")
    else:
        raise InputError("there is no such profile", name, "use demo, paper or a YAML file")
    try:
        profile = yaml.load(text, _Yaml) or {}
    except yaml.YAMLError as error:
        raise InputError(
            f"not YAML ({error})", name, "see hr_pipeline/profiles/demo.yaml"
        ) from error
    if not _is_run_configuration(profile):
        raise InputError(
            "a profile maps ops and resources to their config",
            name,
            "see hr_pipeline/profiles/demo.yaml",
        )
    return profile


def _is_run_configuration(profile: Any) -> bool:
    """Whether it is {ops or resources: {name: {config: {field: value}}}}."""
    if not isinstance(profile, dict) or not set(profile) <= {"ops", "resources"}:
        return False
    parts = [part or {} for part in profile.values()]
    return all(
        isinstance(part, dict)
        and all(isinstance(name, str) for name in part)
        and all(isinstance((held or {}), dict) for held in part.values())
        and all(isinstance((held or {}).get("config") or {}, dict) for held in part.values())
        for part in parts
    )


def asset_keys(targets: Iterable[str], known: set[str]) -> set[str]:
    """Dataset names behind targets: a product stands for all its datasets."""
    wanted: set[str] = set()
    for target in targets:
        found = {name for name in known if name == target or name.startswith(target + "/")}
        if not found:
            products = ", ".join(sorted({name.split("/")[0] for name in known}))
            raise InputError(
                "there is no such target", target, f"use one of {products}, or a dataset"
            )
        wanted |= found
    return wanted


def run_config(
    order: Order, profile: dict[str, Any], operations: dict[str, str], needed: set[str]
) -> dict[str, Any]:
    """The profile, overridden by the command line, for the operations that will run.

    `operations` maps a dataset to the operation that makes it.
    """
    config: dict[str, Any] = {
        "ops": {name: dict(value or {}) for name, value in (profile.get("ops") or {}).items()},
        "resources": {n: dict(v or {}) for n, v in (profile.get("resources") or {}).items()},
        "loggers": {"console": {"config": {}}},
    }
    if order.budget_usd is not None and not order.budget_usd > 0:
        raise InputError("a cap is more than 0 dollars", "--budget-usd", "leave it out for no cap")
    if order.raw and not Path(order.raw).is_dir():  # else what needs no file would be made up
        mend = "name the folder with the raw files"
        raise InputError("the folder does not exist", f"--raw {order.raw}", mend)
    given: dict[str, dict[str, Any]] = {
        "run": {
            "lake_root": order.lake,
            "raw": order.raw,
            "seed": order.seed,
            "force": order.force or None,
        },
        "teacher": {
            "kind": order.teacher,
            "model": order.model,
            "base_url": order.base_url,
            "budget_usd": order.budget_usd,
            "prices": order.prices,
            "lane": order.lane,
            "last_round": order.last_round,
        },
        "sources": {"without": list(order.without) or None},
        "embedder": {"model": order.embedder},
    }
    for setting in order.settings:
        where, field, value = parse_setting(setting, operations)
        given.setdefault(where, {})[field] = value
    for where, fields in given.items():
        part = config["resources" if where in RESOURCES else "ops"]
        fields = {name: value for name, value in fields.items() if value is not None}
        held = dict((part.get(where) or {}).get("config") or {})
        if where == "run":
            held = {"lake_root": LAKE, "raw": RAW} | held
        if held | fields:
            part[where] = {"config": held | fields}
    judge = (config["resources"].get("judge") or {}).get("config") or {}
    if order.budget_usd and judge.get("kind", TEMPLATE) != TEMPLATE and not judge.get("budget_usd"):
        raise InputError(
            "it caps what the teacher costs, and the judge has no cap",
            "--budget-usd",
            "add e.g. --set judge.budget_usd=5",
        )
    unknown = set(config["ops"]) - set(operations.values())
    if unknown:
        raise InputError("the profile names what no dataset is made by", ", ".join(sorted(unknown)))
    config["ops"] = {name: value for name, value in config["ops"].items() if name in needed}
    return config


def parse_setting(setting: str, operations: dict[str, str]) -> tuple[str, str, Any]:
    """KEY=VALUE as (operation or resource, field, value); the value is read as YAML.

    KEY is a dataset or an operation and its field ("rjdb/contexts.train"), or a resource and its
    field (run.*, teacher.*, judge.*, embedder.*).
    """
    key, equals, text = setting.partition("=")
    where, dot, field = key.strip().rpartition(".")
    where = operations.get(where, where.replace("/", "__"))
    if not (equals and dot and field) or where not in {*operations.values(), *RESOURCES}:
        raise InputError("cannot read this setting", setting, "write e.g. rjdb/contexts.train=500")
    try:
        return where, field, yaml.load(text, _Yaml)
    except yaml.YAMLError as error:
        raise InputError("the value is not YAML", setting) from error


def report_failure(result: "dg.ExecuteInProcessResult") -> int:
    """One line on what stopped the run; exit code 2 where the user's input did."""
    failed = [found for found in result.get_asset_check_evaluations() if not found.passed]
    for found in failed:
        facts = {name: value.value for name, value in found.metadata.items()}
        where = found.asset_key.to_user_string()
        print(f"hr-pipeline: {where}: check {found.check_name} failed: {facts}", file=sys.stderr)
    if failed:
        return 1
    for event in result.all_events:
        if event.event_type_value != "STEP_FAILURE":
            continue
        error: Any = event.step_failure_data.error
        while error.cls_name not in EXPLAINED and error.cause is not None:
            error = error.cause
        if error.cls_name in INTERRUPTED:
            raise KeyboardInterrupt
        message = error.message.strip().partition(": ")[2] or error.message.strip()
        if error.cls_name in MENDED_BY_USER:
            raise InputError(message)
        print(f"hr-pipeline: {event.step_key}: {error.cls_name}: {message}", file=sys.stderr)
        if error.cls_name not in EXPLAINED:
            print(error.to_string(), file=sys.stderr)
        return STOPPED_AT_BUDGET if error.cls_name == "BudgetReached" else 1
    return 1


def require_trainers(selected: Iterable["dg.AssetKey"], config: dict[str, Any]) -> list[str]:
    """The trainers of this run. Raises InputError where one could not start: told before anything
    that it reads is made, which may cost money."""
    from pydantic import ValidationError

    from hr_pipeline.definitions import defs
    from hr_pipeline.training.assets import READS, TrainingConfig
    from hr_pipeline.training.settings import settings_of

    launcher = (defs.resources or {})["launcher"]
    names = [key.path[1] for key in selected if key.path[0] == FOLDER and key.path[1] in READS]
    for name in names:
        held = (config["ops"].get(f"{FOLDER}__{name}") or {}).get("config") or {}
        try:
            told = TrainingConfig(**held)
        except ValidationError:  # told with all else that is wrong with the configuration
            continue
        kind = import_module(f"hr_pipeline.training.{name}").PROGRAM.settings
        launcher.require_ready(settings_of(kind, name, told.profile, told.given()))
    return names
