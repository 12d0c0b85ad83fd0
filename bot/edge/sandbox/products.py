"""What `verification.setup` made inside the tree besides environment folders: generated modules, built extensions."""

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bot.ports import Denied

MOST_BYTES = 512 * 2**20
"""They are copied for every check."""
NEVER = ("__pycache__", ".git")


@dataclass(frozen=True, slots=True)
class Products:
    """Files and links by their path below a folder."""

    folder: Path
    paths: tuple[str, ...] = ()

    def lay(self, copy: Path) -> None:
        """Put them into a copy of a tree. What the tree has of its own at a path stays; no link of the tree is followed."""
        for path in self.paths:
            target = copy / path
            if not os.path.lexists(target) and _folders(copy, Path(path)):
                shutil.copy2(self.folder / path, target, follow_symlinks=False)


def gather(folder: Path, tracked: Collection[str], environments: Collection[str]) -> Products:
    """Every file below a folder that is neither tracked nor in an environment folder. Raises `Denied` where they are too large."""
    found: list[str] = []
    size = 0
    for here, names, files in os.walk(folder):
        inside = Path(here).relative_to(folder)
        names[:] = sorted(n for n in names if n not in NEVER and str(inside / n) not in environments)
        links = [name for name in names if Path(here, name).is_symlink()]
        for name in (*links, *sorted(files)):
            path, real = str(inside / name), Path(here, name)
            if path not in tracked and (real.is_symlink() or real.is_file()):
                found.append(path)
                size += real.lstat().st_size
    if size > MOST_BYTES:
        raise Denied(
            f"verification.setup leaves {size // 2**20} MiB in the tree, which would be copied for every check (at most "
            f"{MOST_BYTES // 2**20} MiB); have it build into .venv or node_modules, or clean up at its end"
        )
    return Products(folder, tuple(found))


def _folders(copy: Path, path: Path) -> bool:
    """Whether the folders above a path could be made, or stand there as real folders."""
    here = copy
    for name in path.parts[:-1]:
        here = here / name
        if here.is_symlink() or (here.exists() and not here.is_dir()):
            return False
        here.mkdir(exist_ok=True)
    return True
