"""Habits that no linter knows: what app/ never writes, and where the few exceptions have their home."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.house.tree import Module, modules

TASKS_HOME = "app/common/tasks.py"
BROAD_HOMES = {
    TASKS_HOME,
    "app/client/inbox.py",  # one bad envelope must not stop the others
    "app/relay/store/sqlite/writer.py",  # a thread: what fails there is carried to whoever asked and raised there
}
KIND_HOMES = ("app/content/", "app/ui/content/")
RICH_KINDS = {"picture", "image", "video", "voice", "file", "location", "contact", "money", "heartbeat", "poll"}
TASK_STARTERS = {"create_task", "ensure_future", "run_coroutine_threadsafe"}
PATTERN_NAMES = ("manager", "helper", "util", "service", "handler")

QT_READERS = {"QImageReader", "QMovie"}
FOCUS_CHAIN = {"nextInFocusChain", "previousInFocusChain"}

IGNORES_ALLOWED = 10
_IGNORE = re.compile(r"#\s*(?:type:\s*ignore|pyright:\s*ignore|noqa\b)")
_REASONED = re.compile(
    r"#\s*(?:pyright:\s*ignore\[\w+(?:,\s*\w+)*\]|noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)\W+\w+(?:\W+\w+){2,}"
)
_WHOLE_FILE = re.compile(r"#\s*(?:pyright:\s*(?:basic|standard|\w+\s*=)|ruff:|mypy:|flake8:)")


def findings(root: Path) -> list[str]:
    """One line for each habit broken."""
    found = [finding for module in modules(root) for finding in _broken(module)]
    return found + _ignores(root)


@cache
def _broken(module: Module) -> list[str]:
    return sorted(_look(module))


def _look(module: Module) -> Iterator[str]:
    stem = Path(module.name).stem
    if any(pattern in stem.split("_") or pattern + "s" in stem.split("_") for pattern in PATTERN_NAMES):
        yield f"{module.name}: named after a pattern, not after what it holds"
    for node in ast.walk(module.tree):
        place = f"{module.name}:{getattr(node, 'lineno', 0)}"
        match node:
            case ast.Call(func=ast.Attribute(attr="exec" | "exec_")) if _on_screen(module):
                yield f"{place}: exec() stops every other task; open and await (ui/widgets/dialog)"
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in TASK_STARTERS and module.name != TASKS_HOME:
                yield f"{place}: {attr}() outside common/tasks; use a TaskOwner"
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in QT_READERS:
                yield f"{place}: {name}() can wait for ever for the interpreter; pixels come from media/decoder"
            case ast.Attribute(attr=name) if name in FOCUS_CHAIN:
                yield f"{place}: {name} gives what it finds to whom it asked, and with that one it ends"
            case ast.ExceptHandler() if _is_broad(node) and module.name not in BROAD_HOMES:
                yield f"{place}: broad except outside its homes"
            case ast.Compare() | ast.MatchValue() if not module.name.startswith(KIND_HOMES):
                for kind in sorted(_kinds(node)):
                    yield f"{place}: asks for the kind {kind!r}; only the catalogs know kinds"
            case _:
                pass


def _on_screen(module: Module) -> bool:
    return module.name.startswith(("app/ui/", "app/desktop/", "app/demo")) or module.name == "app/__main__.py"


def _is_broad(handler: ast.ExceptHandler) -> bool:
    """Catches everything and does not raise it again as its last act."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {node.id for node in caught if isinstance(node, ast.Name)}
    everything = handler.type is None or bool(names & {"Exception", "BaseException"})
    last = handler.body[-1]
    return everything and not (isinstance(last, ast.Raise) and last.exc is None)


def _kinds(node: ast.Compare | ast.MatchValue) -> set[str]:
    sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else [node.value]
    parts = [
        part for side in sides for part in (side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side])
    ]
    return {part.value for part in parts if isinstance(part, ast.Constant) and part.value in RICH_KINDS}


def _ignores(root: Path) -> list[str]:
    """Silenced checks: each needs its rule and a reason of some words, and there are ten at most."""
    found: list[str] = []
    count = 0
    for module in modules(root):
        for line, comment in module.comments:
            if _WHOLE_FILE.search(comment):
                found.append(f"{module.name}:{line}: a check is switched off for the whole file")
            if _IGNORE.search(comment):
                count += 1
                if not _REASONED.search(comment):
                    found.append(f"{module.name}:{line}: an ignore without its rule and a reason")
    if count > IGNORES_ALLOWED:
        found.append(f"app/: {count} ignores, {IGNORES_ALLOWED} allowed")
    return found
