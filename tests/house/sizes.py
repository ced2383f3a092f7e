"""How long a file, a function and a class may be, and how every file begins."""

import ast
from functools import cache
from pathlib import Path
from typing import TypeGuard

from tests.house.tree import Module, modules

FILE_LINES = 400
FUNCTION_LINES = 50
PUBLIC_METHODS = 20


def findings(root: Path) -> list[str]:
    """One line for each file, function or class that is too large, and each file without a first sentence."""
    return [finding for module in modules(root) for finding in (*_file(module), *_parts(module))]


def _file(module: Module) -> list[str]:
    lines = module.text.splitlines()
    found: list[str] = []
    if len(lines) > FILE_LINES:
        found.append(f"{module.name}: {len(lines)} lines, {FILE_LINES} allowed")
    if not _opens_with_a_sentence(lines):
        found.append(f"{module.name}: the first line is not a docstring sentence")
    return found


def _opens_with_a_sentence(lines: list[str]) -> bool:
    first = lines[0].removesuffix('"""') if lines else ""
    return first.startswith('"""') and len(first.split()) >= 3 and first.rstrip().endswith((".", ":", ",", ";", ")"))


@cache
def _parts(module: Module) -> list[str]:
    found: list[str] = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{module.name}:{node.lineno}: {node.name} has {length} lines, {FUNCTION_LINES} allowed")
        elif isinstance(node, ast.ClassDef):
            public = {part.name for part in node.body if _is_public_method(part)}
            if len(public) > PUBLIC_METHODS:
                found.append(
                    f"{module.name}:{node.lineno}: {node.name} has {len(public)} public methods, "
                    f"{PUBLIC_METHODS} allowed"
                )
    return found


def _is_public_method(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Qt's own handlers (``paintEvent`` and the like) are called by nobody but Qt."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
        return False
    return not node.name.endswith("Event")
