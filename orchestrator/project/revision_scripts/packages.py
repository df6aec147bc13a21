"""Where a Python would find a package, told from its files alone: nothing is imported and no interpreter is run.

What is known of another interpreter than this one is the layout of virtual environments and installations
(`lib/python3*/site-packages` above its `bin`), the folders in `.pth` files, and the finders that setuptools
writes for editable installs. What a finder of another kind would say is not known.
"""

from __future__ import annotations

import ast
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

_LAYOUTS = ("lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages")
_FOREIGN = {"node_modules", "site-packages", "__pycache__"}


def is_foreign(folder: Path) -> bool:
    """Whether a directory holds what others wrote: installed packages, a virtual environment, what is hidden."""
    return folder.name in _FOREIGN or folder.name.startswith(".") or (folder / "pyvenv.cfg").exists()


def is_resource(text: str) -> bool:
    """Whether Alembic takes the text as `package:path` (`alembic.util.coerce_resource_to_filename`)."""
    return ":" in text and not Path(text).is_absolute()


def resource(text: str, python: str, first: Sequence[str] = ()) -> Path | None:
    """The path that `package:path` means to an interpreter; None where its package is not found.

    `first` are folders that are searched before the interpreter's own. Where a namespace package has several
    folders it is the first that has the path.
    """
    package, *parts = text.split(":")
    candidates = [Path(folder, *parts) for folder in _folders_of(package, first, python)]
    return next((path for path in candidates if path.exists()), next(iter(candidates), None))


def _folders_of(package: str, first: Sequence[str], python: str) -> Sequence[str]:
    """The directories of a package, without importing it or its parents."""
    site = _site(python)
    folders: Sequence[str] = [*first, *site]
    for depth, name in enumerate(package.split(".")):
        spec = PathFinder.find_spec(name, folders)
        editable = [] if spec or depth else [path for known, path in _editable(site) if known == name]
        folders = list((spec and spec.submodule_search_locations) or editable)
    return folders


def _site(python: str) -> list[str]:
    """The folders that an interpreter finds installed packages in."""
    if python == sys.executable:
        return sys.path
    found = Path(shutil.which(python) or python)
    for prefix in dict.fromkeys((found.parent.parent, found.resolve().parent.parent)):
        if folders := [folder for layout in _LAYOUTS for folder in sorted(prefix.glob(layout))]:
            return [str(path) for folder in folders for path in (folder, *_added(folder))]
    return []


def _added(site: Path) -> Iterator[Path]:
    """What its `.pth` files add, as `site.addpackage` reads them; lines that would be run are left out."""
    for file in sorted(site.glob("*.pth")):
        lines = (line.strip() for line in file.read_text(errors="replace").splitlines())
        yield from (site / line for line in lines if line and not line.startswith(("#", "import ", "import\t")))


def _editable(site: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The packages that setuptools' finders lead elsewhere, each with its directory."""
    for finder in (file for folder in site for file in sorted(Path(folder).glob("__editable___*_finder.py"))):
        for statement in ast.parse(finder.read_bytes()).body:
            match statement:
                case (
                    ast.AnnAssign(target=ast.Name(id="MAPPING"), value=ast.Dict() as mapping)
                    | ast.Assign(targets=[ast.Name(id="MAPPING")], value=ast.Dict() as mapping)
                ):
                    yield from ast.literal_eval(mapping).items()
