"""Where a resource file is: beside the source in a checkout, inside the package in a wheel or a bundle."""

from pathlib import Path

from app.common.errors import Broken

_PACKAGE = Path(__file__).resolve().parent.parent


def root() -> Path:
    """The folder of the resources; ``Broken("resources_missing")`` when the installation is incomplete.

    The packed folder comes first: a wheel may be installed next to an unrelated folder named ``resources``.
    """
    for folder in (_PACKAGE / "_resources", _PACKAGE.parent / "resources"):
        if folder.is_dir():
            return folder
    raise Broken("resources_missing")


def path(name: str) -> Path:
    """The file ``name`` (relative, with forward slashes, such as ``icons/send.svg``).

    ``Broken("resource_missing")`` when there is no such file or the name leads out of the folder.
    """
    folder = root()
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise Broken("resource_missing", name)
    return file
