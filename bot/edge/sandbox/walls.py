"""What a sandboxed command can see: the arguments of bubblewrap, built from plain values."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt")
ETC = (
    "passwd group hosts host.conf nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d alternatives ssl/certs ssl/openssl.cnf "
    "ca-certificates pki localtime timezone mime.types protocols services java-17-openjdk java-21-openjdk debian_version os-release"
).split()
CREDENTIALS = (
    ".netrc",
    ".npmrc",
    ".pypirc",
    "credentials",
    "credentials.toml",
    "settings.xml",
    "pip.conf",
    ".git-credentials",
)
HOME = "/tmp/route-agent-home"  # noqa: S108 - inside the sandbox, on a file system of its own
SHIM = "/run/route-agent/bin"
REPORTS = "/run/route-agent/reports"
PROBE = "/run/route-agent/probe"
ENVIRONMENTS = (".venv", "venv", "node_modules", ".tox", ".nox", "__pypackages__")
"""Folders with installed packages; what git ignores of them is shown to the checks, read-only."""


@dataclass(frozen=True, slots=True)
class View:
    """`root` is the repository's own path: the copy stands there, so that what is installed from it finds the copy."""

    root: Path
    copy: Path
    reports: Path
    folders: Mapping[str, Path]
    """Environment folders by their path in the repository, and where they really lie."""
    search: tuple[str, ...]
    """The caller's PATH."""
    home: Path
    network: bool = False


def folders(root: Path, tracked: frozenset[str]) -> dict[str, Path]:
    """Environment folders below a folder, at most three levels deep, that hold no tracked file."""
    found: dict[str, Path] = {}
    for here, names, _ in os.walk(root):
        depth = len(Path(here).relative_to(root).parts)
        for name in sorted(names):
            path = Path(here) / name
            inside = str(path.relative_to(root))
            if (name in ENVIRONMENTS or name.endswith(".egg-info")) and not path.is_symlink() and inside not in tracked:
                found[inside] = path
        names[:] = [
            n for n in names if depth < 2 and n not in ENVIRONMENTS and not n.startswith(".") and not n.endswith(".egg-info")
        ]
    return found


def environment(view: View, more: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a command."""
    first = [str(view.root / name / "bin") for name in view.folders if name in (".venv", "venv")]
    first += [str(view.root / name / ".bin") for name in view.folders if name == "node_modules"]
    venv = [str(view.root / name) for name in view.folders if name in (".venv", "venv")][:1]
    return {
        "PATH": ":".join([*first, *view.search, SHIM]),
        "HOME": HOME,
        "TMPDIR": "/tmp",  # noqa: S108 - inside the sandbox
        "LANG": "C.UTF-8",
        "CI": "true",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        **({"VIRTUAL_ENV": venv[0]} if venv else {}),
        **more,
    }


def arguments(view: View, shown: Mapping[str, Path]) -> list[str]:
    """bubblewrap's arguments, up to the command. Later mounts lie over earlier ones. `shown`: what else to show, and where.

    The environment is none of them: whoever is on the machine sees arguments.
    """
    words = [
        "--unshare-all",
        *(["--share-net"] if view.network else []),
        "--die-with-parent",
        "--new-session",
    ]
    words += [*_system(), "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", HOME]  # noqa: S108 - likewise
    words += [word for root in roots(view) for word in ("--ro-bind", str(root), str(root))]
    words += [word for mask in _masks(view) for word in ("--ro-bind", "/dev/null", str(mask))]
    if view.network and Path("/etc/resolv.conf").exists():
        words += ["--ro-bind", str(Path("/etc/resolv.conf").resolve()), "/etc/resolv.conf"]
    python = shutil.which("python3", path=":".join(view.search))
    words += ["--dir", SHIM] + (["--symlink", python, f"{SHIM}/python"] if python else [])
    words += ["--bind", str(view.copy), str(view.root), "--bind", str(view.reports), REPORTS]
    words += [word for name, real in view.folders.items() for word in ("--ro-bind", str(real), str(view.root / name))]
    words += [word for name, real in shown.items() for word in ("--ro-bind", str(real), name)]
    return [*words, "--remount-ro", "/", "--chdir", str(view.root)]


def _system() -> Iterator[str]:
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.exists():
            yield from ("--ro-bind", name, name)
    for name in ETC:
        path = Path("/etc", name)
        if path.exists():
            yield from ("--ro-bind", str(path.resolve()), str(path))


def roots(view: View) -> tuple[Path, ...]:
    """Folders outside the system's that hold the caller's tools: toolchains on PATH, and what environments link to."""
    found: dict[Path, None] = {}
    for entry in view.search:
        path = Path(entry)
        # Another user's folder may be on PATH, and cannot even be looked at.
        if path.is_absolute() and os.access(path, os.X_OK) and path.is_dir() and not _covered(path):
            whole = path.parent if path.name in ("bin", "shims", "sbin") and _installation(path.parent, view) else path
            if _narrow(whole, view):
                found[whole] = None
            found |= dict.fromkeys(_targets(path, view))
    for name in view.folders:
        found |= dict.fromkeys(_targets(view.folders[name] / "bin", view))
    if any(root.name == ".cargo" for root in found) and (view.home / ".rustup").is_dir():
        found[view.home / ".rustup"] = None
    if (view.home / "go" / "pkg" / "mod").is_dir():
        found[view.home / "go" / "pkg" / "mod"] = None
    return tuple(sorted(found))


def _covered(path: Path) -> bool:
    return any(path == Path(system) or Path(system) in path.parents for system in SYSTEM)


def _narrow(path: Path, view: View) -> bool:
    """Whether showing the folder shows neither a home, nor the repository, nor half the disk."""
    kept = (view.home, view.root, Path("/root"), Path("/home"), Path("/tmp"), Path("/var"), Path("/etc"))  # noqa: S108 - to be kept out
    return (
        not any(path == other or path in other.parents for other in kept)
        and path not in view.root.parents
        and path != view.home / ".local"
    )


TOOLCHAINS = frozenset(".pyenv .cargo .nvm .rbenv .asdf .mise .volta .bun .deno .sdkman .rye go".split())


def _installation(folder: Path, view: View) -> bool:
    """Whether the folder above a `bin` holds a toolchain and nothing else: below a home it has to be one that we know by name."""
    if not _narrow(folder, view):
        return False
    return view.home not in folder.parents or bool(TOOLCHAINS & set(folder.relative_to(view.home).parts))


def _targets(folder: Path, view: View) -> Iterator[Path]:
    """The installations that a folder's interpreter links lead into: `…/versions/3.12/bin/python` → `…/versions/3.12`."""
    for name in ("python", "python3", "node", "ruby"):
        link = folder / name
        target = link.resolve()
        if link.is_symlink() and target.is_file() and target.name.startswith(name[:4]) and os.access(target, os.X_OK):
            prefix = target.parent.parent
            if prefix.is_dir() and not _covered(prefix) and _narrow(prefix, view):
                yield prefix


def _masks(view: View) -> Iterator[Path]:
    for root in roots(view):
        yield from (root / name for name in CREDENTIALS if (root / name).is_file())
