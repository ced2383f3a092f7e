"""The tree as the house tests see it: every module of app/ with its text and its syntax tree."""

import ast
import io
import sys
import tokenize
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, eq=False)
class Module:
    """One source file; ``name`` is its path below the root, with forward slashes."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Line number and text of each comment."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]

    @cached_property
    def imports(self) -> set[str]:
        """Every top-level package this module imports, wherever the import stands."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module.split(".")[0])
        return names


def modules(root: Path) -> list[Module]:
    """Every module of ``root/app``, in the order of their names."""
    files = sorted((root / "app").rglob("*.py"))
    return [_module(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")) for file in files]


@cache
def _module(name: str, text: str) -> Module:
    """The same text is parsed once, however many copies of the tree are looked at."""
    return Module(name, text)


def packages(root: Path) -> set[str]:
    """The floors that stand: packages and modules directly below app/."""
    return children(root / "app")


def children(folder: Path) -> set[str]:
    """Names of the modules and packages directly in ``folder``."""
    files = {file.stem for file in folder.glob("*.py") if file.stem != "__init__"}
    return files | {file.parent.name for file in folder.glob("*/__init__.py")}


def libraries(root: Path) -> set[str]:
    """Every outside library that app/ imports."""
    names = {name for module in modules(root) for name in module.imports}
    return names - set(sys.stdlib_module_names) - {"app"}
