"""The rules of the house: imports, layers, pages that are whole, nothing left lying about."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hr_pipeline.lake.contracts import Contract
from hr_pipeline.lake.datasets import CONTRACTS

ROOT = Path(__file__).parents[1]
MOST_LINES = 400
# An import goes from a higher number to a lower one; rooms of one number do not know each other.
LAYERS = {
    "lake": 0,
    "embedding": 1,
    "llm": 1,
    "sources": 2,
    "text": 2,
    "taxonomy": 3,
    "graph": 4,
    "rjdb": 4,
    "jaqa": 4,
    "tm_eval": 4,
    "girl": 4,
    "quality": 5,
    "training": 6,
    "audit": 7,
}
TOP = (
    *("definitions", "cli", "building", "planning", "exchange", "recordings", "studies", "batches"),
    *("evaluations", "dry_runs", "closing"),
    *("sensors", "making", "checks", "resources"),
)
EDGE = ("making", "checks", "resources")  # what assets.py and checks.py of a room may know
ALLOWED_BESIDE = {("rjdb", "graph"), ("girl", "rjdb")}
# Imported inside functions only: each costs more than the whole project. In `training` a module may
# import them when it is imported, if only such modules import it when they are imported.
ON_DEMAND = (
    *("torch", "transformers", "peft", "trl", "accelerate", "sentence_transformers", "ray"),
    *("datasets", "tokenizers", "safetensors", "sklearn"),
    *("matplotlib", "openai", "pandas", "networkx"),
)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/")


@cache
def modules() -> dict[str, Path]:
    """Module name -> file, of the whole package."""
    found = {}
    for path in sorted((ROOT / "hr_pipeline").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """All that a module imports, wherever it does: "a.b" for `import a.b` and `from a import b`
    where b is a module of ours, else "a"."""
    found = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & set(modules())) or {node.module or ""}
    return frozenset(found)


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def touches_dagster(module: str) -> bool:
    """Whether a module may import Dagster."""
    last = module.split(".")[-1]
    on_top = ("definitions", "building", "sensors", "dry_runs", *EDGE)
    return room(module) in on_top or last in ("assets", "checks", "launcher", "pool")


def misplaced_imports() -> Iterator[str]:
    for module in modules():
        here = room(module)
        if here in TOP or not here:
            continue
        for other in sorted(imports(module) & set(modules())):
            there = room(other)
            if touches_dagster(other) and not touches_dagster(module):
                yield f"{module} is pure and imports {other}"
            elif there in EDGE or there == here or not there:
                continue
            elif there in TOP:
                yield f"{module} imports {other}, which is on top"
            elif LAYERS[there] >= LAYERS[here] and (here, there) not in ALLOWED_BESIDE:
                yield f"{module} imports {other}, which is not below it"


def test_every_room_has_its_place() -> None:
    assert {room(module) for module in modules()} - {""} <= {*LAYERS, *TOP}


def test_imports_go_down_only() -> None:
    assert not list(misplaced_imports())


def test_no_circles() -> None:
    ours, done, open_ = set(modules()), set[str](), list[str]()

    def visit(module: str) -> None:
        assert module not in open_, " -> ".join([*open_, module])
        if module in done:
            return
        open_.append(module)
        for other in sorted(imports(module) & ours):
            visit(other)
        done.add(open_.pop())

    for module in sorted(ours):
        visit(module)


def test_only_some_files_know_dagster() -> None:
    knowing = {
        module
        for module in modules()
        if any(name.split(".")[0] == "dagster" for name in imports(module))
    }
    assert not {module for module in knowing if not touches_dagster(module)}


def test_import_of_the_definitions_stays_light() -> None:
    code = "import json, sys; import hr_pipeline.definitions; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(json.loads(done.stdout))
    assert not {*ON_DEMAND, "numpy", "pyarrow", "hr_pipeline.lake.store"} & loaded


def at_module_level(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports that run when the module is imported."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def first_imports(module: str) -> set[str]:
    """What is imported when the module is: libraries by their first name, modules of ours."""
    found = set()
    for node in at_module_level(parsed(module)):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        else:
            names = {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
        found |= names & set(modules()) or {name.split(".")[0] for name in names}
    return found


@cache
def heavy_modules() -> frozenset[str]:
    """Modules of `training` that import something of ON_DEMAND when they are imported."""
    found = (m for m in modules() if room(m) == "training" and first_imports(m) & set(ON_DEMAND))
    return frozenset(found)


@pytest.mark.parametrize("module", modules())
def test_imports_of_a_module(module: str) -> None:
    if module not in heavy_modules():
        assert not first_imports(module) & {*ON_DEMAND, *heavy_modules()}
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module != "__future__", "it breaks Dagster's context and config"


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_types_are_checked_where_optional_packages_are_missing() -> None:
    extras = project()["project"]["optional-dependencies"]
    optional = (re.split("[<>=]", name)[0] for name in extras["train"])
    (untyped,) = (rule["module"] for rule in project()["tool"]["mypy"]["overrides"])
    assert {f"{name.replace('-', '_')}.*" for name in optional} <= set(untyped)


def test_workspace_yaml_alone_names_the_code() -> None:
    tools = project()["tool"]
    assert not {"dagster", "dg"} & set(tools), "they silently override workspace.yaml"
    assert "hr_pipeline.definitions" in (ROOT / "workspace.yaml").read_text()


def test_files_are_short() -> None:
    files = [*modules().values(), *(ROOT / "hr_pipeline_tests").rglob("*.py")]
    lines = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in files}
    assert not {path: count for path, count in lines.items() if count > MOST_LINES}


def test_every_prompt_is_used_by_its_room() -> None:
    used = set()
    for module in modules():
        for node in ast.walk(parsed(module)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "load_prompt":
                package, name = node.args
                assert isinstance(name, ast.Constant), f"{module}: name the prompt literally"
                other = isinstance(package, ast.Constant) and room(str(package.value))
                used.add((other or room(module), name.value))
    kept = {(path.parts[-3], path.stem) for path in (ROOT / "hr_pipeline").glob("*/prompts/*.md")}
    assert kept == used


# -- datasets and assets -------------------------------------------------------------------


def datasets() -> dict[str, Contract]:
    """All contracts but those of ledgers and those that other tests add ("test/...")."""
    return {
        name: contract
        for name, contract in CONTRACTS.items()
        if not is_ledger(name) and not name.startswith("test/")
    }


def is_ledger(dataset: str) -> bool:
    return dataset.endswith("_ledger")


def test_datasets_and_makers_match() -> None:
    """Every dataset is made by an asset or by an import, and has a contract; models are none."""
    made = assets() - models()
    imported = {
        node.value
        for node in ast.walk(parsed("hr_pipeline.exchange"))
        if isinstance(node, ast.Constant) and node.value in CONTRACTS
    } - made
    assert not made & imported
    assert made | {name for name in imported if not is_ledger(name)} == set(datasets())


def assets() -> set[str]:
    """What Dagster makes: datasets and models."""
    from hr_pipeline.definitions import defs

    graph = defs.resolve_asset_graph()
    return {key.to_user_string() for key in graph.materializable_asset_keys}


def models() -> set[str]:
    from hr_pipeline.training.assets import READS

    return {f"models/{name}" for name in READS}


def test_definitions_load_as_the_ui_loads_them() -> None:
    import dagster as dg

    from hr_pipeline.definitions import defs

    dg.Definitions.validate_loadable(defs)


def test_every_asset_says_what_it_is() -> None:
    from hr_pipeline.definitions import PRODUCTS, defs

    for node in defs.resolve_asset_graph().asset_nodes:
        name = node.key.to_user_string()
        assert node.owners and node.kinds and node.description and node.code_version, name
        assert node.group_name == name.split("/")[0] and node.group_name in PRODUCTS, name
        assert node.partitions_def is None, f"{name}: one build, one snapshot"


def test_every_dataset_is_checked() -> None:
    from hr_pipeline.definitions import defs

    graph = defs.resolve_asset_graph()
    checked: dict[str, set[str]] = {"rows_are_accounted_for": set(), "files_are_whole": set()}
    for key in graph.asset_check_keys:
        checked.setdefault(key.name, set()).add(key.asset_key.to_user_string())
    assert checked["rows_are_accounted_for"] == assets() - models()
    assert checked["files_are_whole"] == models() <= assets()


def columns_as_markdown(contract: Contract) -> str:
    """The table of a dataset's columns as docs/data.md must hold it."""
    lines = ["| Column | Type | Meaning |", "|---|---|---|"]
    for column in contract.columns:
        kind = str(column.type).replace("element: ", "").replace("item: ", "")
        meaning = column.description + (f" ({column.unit})" if column.unit else "")
        if column.allowed:
            meaning += f": {', '.join(sorted(column.allowed))}"
        if column.nullable:
            meaning += "; may be null"
        lines.append(f"| `{column.name}` | `{kind}` | {meaning} |")
    return "\n".join(lines)


@pytest.mark.parametrize("dataset", datasets())
def test_data_page_holds_every_column(dataset: str) -> None:
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    contract = CONTRACTS[dataset]
    section = f"### {dataset}\n\n{contract.description}.\n\n{columns_as_markdown(contract)}\n"
    assert section in page, f"docs/data.md must hold this:\n\n{section}"


def test_settings_page_holds_every_setting() -> None:
    """Every field of every asset's configuration and of every resource, with its default."""
    from hr_pipeline.definitions import ASSETS, defs
    from hr_pipeline.resources import Judge, Teacher

    page, wanted = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), {}
    for asset in ASSETS:
        for name, field in getattr(asset.op.config_schema.config_type, "fields", {}).items():
            wanted[f"{asset.op.name}.{name}"] = field.default_value
    for resource, value in (defs.resources or {}).items():
        if isinstance(value, Judge):  # the fields of a teacher
            assert set(type(value).model_fields) == set(Teacher.model_fields)
            assert "`judge.*`" in page
            continue
        for name, info in type(value).model_fields.items():
            wanted[f"{resource}.{name}"] = info.default
    rows = {f"| `{name}` | `{json.dumps(default)}` |" for name, default in wanted.items()}
    assert not {row for row in rows if row not in page}


# -- what is kept in the repository ---------------------------------------------------------


def kept_texts() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        cwd=ROOT,
    )
    if listed.returncode:
        pytest.skip("not a git working copy")
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file():
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_no_path_of_somebodys_machine() -> None:
    assert not {name for name, text in kept_texts() if MACHINE_PATH.search(text)}


def test_notebooks_are_kept_without_outputs() -> None:
    for name, text in kept_texts():
        if name.endswith(".ipynb"):
            cells = [c for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
            assert not any(c["outputs"] or c["execution_count"] for c in cells), name
