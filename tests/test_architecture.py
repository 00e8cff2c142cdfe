"""The import rule of docs/flow.md holds: imports go down only, and each library is named where it belongs."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mailapp"
FILES = sorted(PACKAGE.rglob("*.py"))

LAYERS = {
    "app": 4, "cli": 4, "commands": 4, "__main__": 4, "demo": 4,
    "web": 3, "api": 3, "smtp": 3,
    "flow": 2, "http": 2,
    "store": 1, "transport": 1, "events": 1,
    "mail": 0, "maillog": 0, "i18n": 0, "config": 0, "seal": 0, "heap": 0, "holding": 0, "resources": 0, "": 0,
    "supervision": 0, "deferring": 0, "values": 0,
}  # fmt: skip

HOMES = {
    "aiosmtpd": ("smtp",),
    "aiosmtplib": ("transport",),
    "quart": ("app", "web", "api", "http"),
    "hypercorn": ("app", "http"),
    "aiosqlite": ("store",),
    "sqlite3": ("store", "flow", "http", "web", "api", "commands"),
    "click": ("cli", "commands"),
    "msgspec": ("api",),
    "cryptography": ("seal", "flow", "web"),
    "backports": ("flow",),
    "pyrage": ("flow",),
    "dns": ("flow", "web", "commands"),
}


def _layer(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts[0] == "__init__" else parts[0]


def _imports(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a module lies"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def _ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_imports_go_down_only(path: Path) -> None:
    own = _layer(path)
    for name in _imports(ast.parse(path.read_text(encoding="utf-8"))):
        if name.split(".")[0] != "mailapp":
            continue
        other = name.split(".")[1]
        if other not in LAYERS:
            other = ""  # a name of the package itself, like __version__
        same_package = other == own
        assert same_package or LAYERS[other] < LAYERS[own] or LAYERS[own] == LAYERS[other] in (0, 4), (
            f"{own} -> {other}"
        )


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_libraries_are_named_where_they_belong(path: Path) -> None:
    for name in _imports(ast.parse(path.read_text(encoding="utf-8"))):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or _layer(path) in homes, name


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_no_import_of_ours_hides_inside_a_function_or_under_type_checking(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If):
            assert not [name for name in _imports(node) if name.split(".")[0] == "mailapp"]


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_dataclasses_are_those_that_share_their_methods(path: Path) -> None:
    """`from mailapp.values import dataclass`: 8 kB less for each."""
    assert path.name == "values.py" or "dataclasses.dataclass" not in _imports(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_only_config_reads_the_environment(path: Path) -> None:
    if path.name == "config.py":
        return
    source = path.read_text(encoding="utf-8")
    assert "os.environ" not in source
    assert "getenv" not in source


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_sql_stands_in_the_store_only(path: Path) -> None:
    if _layer(path) == "store":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in ("execute", "executemany", "executescript"), node.lineno


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_a_file_holds_one_noun(path: Path) -> None:
    if "han.py" in path.name:  # a table
        return
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
