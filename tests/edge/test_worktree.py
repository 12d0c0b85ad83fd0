"""Files put into a work tree: real folders, real failures."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.edge.worktree import Worktree
from bot.ports import Denied
from tests.fakes import repos


def test_folders_are_made_and_files_stand_there_whole(tmp_path: Path):
    Worktree(tmp_path).place({"a/b/c.yml": b"c", "d.yml": b"d"})
    assert repos.snapshot(tmp_path) == {"a/b/c.yml": b"c", "d.yml": b"d"}
    assert Worktree(tmp_path).read("a/b/c.yml") == b"c"
    assert Worktree(tmp_path).read("x/y") is None


def test_a_failure_at_the_last_file_leaves_everything_as_it_was(tmp_path: Path):
    (tmp_path / "old.yml").write_bytes(b"old")
    (tmp_path / "taken").mkdir()
    with pytest.raises(Denied, match="taken"):
        Worktree(tmp_path).place({"old.yml": b"new", "a/b/c.yml": b"c", "taken": b"x"})
    assert repos.snapshot(tmp_path) == {"old.yml": b"old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.yml", "taken"]


class Interrupted(Mapping[str, bytes]):
    """Files whose list is cut off by ^C after the first."""

    def __getitem__(self, path: str) -> bytes:
        return b"x"

    def __iter__(self) -> Iterator[str]:
        yield "a/one.yml"
        raise KeyboardInterrupt

    def __len__(self) -> int:
        return 2


def test_an_interrupt_leaves_nothing(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        Worktree(tmp_path).place(Interrupted())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_denied_by_name(tmp_path: Path):
    tmp_path.chmod(0o555)
    with pytest.raises(Denied, match="cannot be written to"):
        Worktree(tmp_path).place({"a": b""})
    tmp_path.chmod(0o755)
