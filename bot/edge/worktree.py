"""Files put into a work tree: all of them or none, never through a link, nothing half-written."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.ports import Denied

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
MOST = 1_000_000
"""Bytes of a file that is compared with ours; a larger one is not ours."""


@dataclass(slots=True)
class _Undo:
    """What takes back what has been done so far, last first."""

    steps: list[Callable[[], None]] = field(default_factory=list)

    def run(self) -> None:
        while self.steps:
            with suppress(OSError):
                self.steps.pop()()


@dataclass(frozen=True, slots=True)
class Worktree:
    """Every folder on the way to a file is opened by itself and not through links, so none leads out of the repository."""

    root: Path

    def read(self, path: str) -> bytes | None:
        """What stands there; None where nothing does. Raises `Denied` for a link, or what is no file."""
        *folders, name = path.split("/")
        with self._folder(folders, None) as at:
            return None if at is None else _read(at, name, path)

    def place(self, files: Mapping[str, bytes]) -> None:
        """Write all files, or leave everything as it was and raise `Denied`."""
        undo = _Undo()
        waiting: list[tuple[list[str], str, str]] = []
        try:
            for path, content in files.items():
                *folders, name = path.split("/")
                waiting.append((folders, name, self._beside(folders, name, content, undo)))
            for folders, name, temporary in waiting:
                self._rename(folders, name, temporary, undo)
        except OSError as error:
            undo.run()
            raise Denied(f"{self.root} cannot be written to ({error.strerror}); nothing was changed") from None
        except BaseException:
            undo.run()
            raise

    def _beside(self, folders: list[str], name: str, content: bytes, undo: _Undo) -> str:
        """A file with the content, on the way to its name."""
        temporary = f".{name}.{os.getpid()}.new"
        with self._folder(folders, undo) as at:
            assert at is not None
            _write(at, temporary, content)
            undo.steps.append(lambda: self._drop(folders, temporary))
        return temporary

    def _rename(self, folders: list[str], name: str, temporary: str, undo: _Undo) -> None:
        with self._folder(folders, None) as at:
            assert at is not None
            before = _read(at, name, "/".join((*folders, name)))
            undo.steps.append(lambda: self._back(folders, name, before))
            os.replace(temporary, name, src_dir_fd=at, dst_dir_fd=at)

    def _back(self, folders: list[str], name: str, before: bytes | None) -> None:
        self._drop(folders, name)
        if before is not None:
            with self._folder(folders, None) as at:
                assert at is not None
                _write(at, name, before)

    def _drop(self, folders: list[str], name: str) -> None:
        with self._folder(folders, None) as at:
            assert at is not None
            os.unlink(name, dir_fd=at)

    @contextmanager
    def _folder(self, folders: list[str], undo: _Undo | None) -> Iterator[int | None]:
        """A folder of the repository, opened. It is made where `undo` is given to take it back; None where there is none."""
        at = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for depth, folder in enumerate(folders):
                if undo is not None:
                    self._make(folders[: depth + 1], at, undo)
                try:
                    below = os.open(folder, FOLDER, dir_fd=at)
                except FileNotFoundError:
                    yield None
                    return
                except OSError:
                    raise Denied(f"{'/'.join(folders[: depth + 1])} is a link or no folder; nothing is written there") from None
                os.close(at)
                at = below
            yield at
        finally:
            os.close(at)

    def _make(self, folders: list[str], at: int, undo: _Undo) -> None:
        try:
            os.mkdir(folders[-1], dir_fd=at)
        except FileExistsError:
            return
        undo.steps.append(lambda: self._empty(folders))

    def _empty(self, folders: list[str]) -> None:
        with self._folder(folders[:-1], None) as at:
            os.rmdir(folders[-1], dir_fd=at)


def _read(at: int, name: str, path: str) -> bytes | None:
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Denied(f"{path} is a link or cannot be read ({error.strerror}); nothing is written there") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise Denied(f"{path} is no file; nothing is written there")
    with os.fdopen(file, "rb") as opened:
        found = opened.read(MOST + 1)
    if len(found) > MOST:
        raise Denied(f"{path} has more than {MOST} bytes; move it away, and run this again")
    return found


def _write(at: int, name: str, content: bytes) -> None:
    file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=at)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=at)
        raise
