"""A case of the verifier bench: a real package with a small bug put in, the right patches, and wrong ones in named classes.

A case is a recipe (JSON below `cases/`), not a copy: a source distribution by name, version and hash, and edits to it.
"""

import hashlib
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.core.paths import is_test

HERE = Path(__file__).resolve().parent
CASES = HERE / "cases"

Class = Literal[
    "partial fix",  # mends some of the inputs that the report is about
    "wrong place",  # changes code that is not at fault, so that the report's example comes out right
    "special-cased input",  # knows the example
    "loosened test",
    "deleted test",
    "skipped test",
    "snapshot rewrite",  # writes the wrong answer down as the expected one
    "swallowed exception",
    "no-op",
    "neighbour broken",  # mends what the report says, and breaks something beside it
    "flawed copy",  # the right patch with one slip
    "early exit",
    "forged report",
]
TRICKS: tuple[Class, ...] = ("early exit", "forged report")
"""Wrong by construction: they deceive any run of tests, the one that decides what is right included."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Edit(Part):
    """One change of a file: `old`, which stands there exactly once, becomes `new`; or text is appended; or the file is written
    anew or deleted."""

    file: str
    old: str | None = None
    new: str | None = None
    append: str | None = None
    write: str | None = None
    delete: bool = False


class Right(Part):
    why: str
    edits: tuple[Edit, ...]


class Wrong(Part):
    """`edits` may change tests, where that is the trick. `test` is a test the patch brings along: it fails on the base and passes
    with the patch, and the patch is wrong all the same."""

    kind: Class = Field(alias="class")
    why: str
    edits: tuple[Edit, ...]
    test: tuple[Edit, ...] = ()


class Case(Part):
    name: str
    sdist: str
    sha256: str
    test: str
    """The suite, as one shell command, run at the root of the package; at most about a second."""
    file: str
    symbol: str
    origin: str
    """Where the bug comes from: the address of the public fix that is undone, or `mutation: ` and what was changed."""
    task: str
    """The report, as a user would write it."""
    bug: tuple[Edit, ...]
    hide: tuple[Edit, ...]
    """Takes the tests that know of the bug out of the base; they come back as the upstream test, and say what is right."""
    author_test: tuple[Edit, ...]
    """What a careful author adds with the right patch."""
    judge: tuple[Edit, ...] = ()
    """Tests of ours that belong to the upstream test, where the package's own are too weak to tell right from wrong."""
    different: tuple[Right, ...] = ()
    """Right patches that are not the upstream one."""
    wrong: tuple[Wrong, ...]

    @property
    def right(self) -> tuple[Edit, ...]:
        """The upstream patch: the bug undone."""
        return tuple(Edit(file=edit.file, old=edit.new, new=edit.old) for edit in reversed(self.bug))

    @property
    def command(self) -> str:
        """The suite as it is run: without the plugins that happen to be installed, whose import takes longer than the tests."""
        return f"export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1; {self.test}"

    @property
    def held_out(self) -> bool:
        """A third of the cases, by the hash of the name: nothing is tuned on them."""
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % 3 == 0


def load(names: list[str] | None = None) -> list[Case]:
    found = [Case.model_validate_json(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.json"))]
    return [case for case in found if names is None or case.name in names]


def source(case: Case, cache: Path, python: Path) -> Path:
    """The package's source distribution, unpacked once; its hash is checked first. `python` has pip and build backends."""
    root = cache / f"{case.sdist}-{case.sha256[:12]}"
    if not root.exists():
        archive = fetched(
            case.sdist, case.sha256, cache / "archives" / case.sdist, (str(python), "-m", "pip"), "--no-build-isolation"
        )
        part = cache / f"{root.name}.part"
        unpacked(archive, part).rename(root)
        part.rmdir()
    return root


def fetched(sdist: str, sha256: str, folder: Path, pip: tuple[str, ...], *how: str) -> Path:
    """The archive of a source distribution in a folder, downloaded unless it lies there; its hash is checked."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ("download", "-q", "--no-deps", *how, "--no-binary", ":all:", "-d", str(folder), sdist)
    if not list(folder.glob("*.tar.gz")):
        done = subprocess.run([*pip, *words], check=False, capture_output=True, text=True)
        if not list(folder.glob("*.tar.gz")):  # metadata that cannot be built is no harm, as long as the archive is there
            raise SystemExit(f"{sdist}: {done.stderr.strip()[-400:]}")
    (archive,) = folder.glob("*.tar.gz")
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != sha256:
        raise SystemExit(f"{sdist}: sha256 {found}, expected {sha256}")
    return archive


def unpacked(archive: Path, folder: Path) -> Path:
    """The one folder that the archive of a source distribution holds."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    return root


def restore(case: Case, pristine: Path, root: Path, files: Iterable[str]) -> None:
    """Every test file among these as the package has it, with the report's failing test and the judge's; what a patch adds goes."""
    kept = tuple(edit for edit in case.hide if edit.append is not None and edit.file in files)
    for name in filter(is_test, files):
        (root / name).unlink(missing_ok=True)
        if (pristine / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes((pristine / name).read_bytes())
    apply(root, (*kept, *case.judge))


def apply(root: Path, edits: tuple[Edit, ...]) -> None:
    for edit in edits:
        path = root / edit.file
        if edit.delete:
            path.unlink()
            continue
        if edit.write is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(edit.write.encode())
            continue
        text = path.read_bytes().decode()
        if edit.append is not None:
            path.write_bytes((text + edit.append).encode())
            continue
        if not edit.old or edit.new is None:
            raise SystemExit(f"{edit.file}: an edit needs `old` and `new`, `append`, `write` or `delete`")
        if text.count(edit.old) != 1:
            raise SystemExit(
                f"{edit.file}: the text to replace stands there {text.count(edit.old)} times, not once: {edit.old[:80]!r}"
            )
        path.write_bytes(text.replace(edit.old, edit.new).encode())
