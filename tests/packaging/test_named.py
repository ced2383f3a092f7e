"""What app/ loads by name is in the bundle: PyInstaller finds only what an import statement names."""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from app.desktop import opening, self_test
from tests.house.tree import ROOT, Module, modules

SPEC = ROOT / "packaging" / "kingfisher.spec"
# Those that get the name from somewhere else; what they can be given is looked at where it comes from.
GIVEN = {"app/net/later.py", "app/desktop/opening.py", "app/desktop/self_test.py"}


def loaded(module: Module) -> set[str]:
    """The names that a module loads something by; fails where one is not written there."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node)
        if name is None:
            continue
        if isinstance(name, ast.Constant):
            found.add(str(name.value))
        elif module.name not in GIVEN:
            pytest.fail(f"{module.name}:{node.lineno} loads a module whose name this test cannot know")
    return found


def _name(call: ast.Call) -> ast.expr | None:
    """What stands for the module's name: in a call of a loader, or of whoever is handed one, such as a thread."""
    if _loads(call.func):
        return call.args[0]
    at = next((at for at, each in enumerate(call.args) if _loads(each)), None)
    return call.args[at + 1] if at is not None else None


def _loads(expression: ast.expr) -> bool:
    match expression:
        case ast.Attribute(value=ast.Name(id="importlib"), attr="import_module"):
            return True
        case ast.Attribute(value=ast.Name(id="later"), attr="read"):
            return True
        case ast.Name(id="import_module" | "__import__"):
            return True
        case _:
            return False


def stated(module: Module) -> set[str]:
    """Every module that an import statement may name."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return found


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    """The recipe as PyInstaller runs it, with stand-ins for all that would build something."""
    asked: list[dict[str, Any]] = []

    class Analysis:
        def __init__(self, scripts: list[str], **options: Any) -> None:
            asked.append({"script": Path(scripts[0]).stem, **options})
            self.pure = self.scripts = self.binaries = self.datas = ()

    def nothing(*_: object, **__: object) -> None: ...

    names: dict[str, Any] = {"SPECPATH": str(SPEC.parent), "Analysis": Analysis}
    names |= dict.fromkeys(("PYZ", "EXE", "COLLECT", "BUNDLE"), nothing)
    exec(compile(SPEC.read_text(), SPEC, "exec"), names)
    return {**names, "hidden": {each["script"]: set(each["hiddenimports"]) for each in asked}}


def test_everything_that_is_loaded_by_name_is_found_or_named(recipe: dict[str, Any]) -> None:
    everything = modules(ROOT)
    wanted = set[str]().union(*map(loaded, everything), opening.LATER)
    assert {"enchant", "jeepney", "jeepney.io.asyncio", "zeroconf.asyncio", "app.net.websocket"} <= wanted
    by_statement = set[str]().union(*map(stated, everything))
    assert wanted - recipe["hidden"]["kingfisher"] - by_statement == set()


def test_the_self_test_looks_for_what_the_recipe_names(recipe: dict[str, Any]) -> None:
    here = self_test.NAMED_ON_LINUX if sys.platform == "linux" else ()
    assert {*self_test.NAMED, *here} == set(recipe["BY_NAME"])
    assert set(recipe["BY_NAME"]) <= recipe["hidden"]["kingfisher"]


def test_every_keychain_of_this_system_is_named(recipe: dict[str, Any]) -> None:
    assert self_test._KEYCHAINS[sys.platform] in recipe["hidden"]["kingfisher"]


@pytest.mark.parametrize("name", ["libQt6EglFSDeviceIntegration.so.6", "libQt6EglFsKmsSupport.so.6", "libQt6Qml.so.6"])
def test_what_nothing_uses_stays_out_in_either_case(recipe: dict[str, Any], name: str) -> None:
    kept: list[tuple[str]] = recipe["kept"]([(f"PySide6/Qt/lib/{name}",), ("PySide6/Qt/lib/libQt6Core.so.6",)])
    assert kept == [("PySide6/Qt/lib/libQt6Core.so.6",)]


@pytest.mark.parametrize(
    "source",
    [
        "importlib.import_module(name)",
        "asyncio.to_thread(importlib.import_module, name)",
        "later.read(name)",
        "__import__(name)",
    ],
)
def test_a_name_that_comes_from_somewhere_is_not_passed_over(source: str) -> None:
    with pytest.raises(pytest.fail.Exception, match="cannot know"):
        loaded(Module("app/somewhere.py", source))
    assert loaded(Module("app/somewhere.py", source.replace("name", "'a.b'"))) == {"a.b"}
