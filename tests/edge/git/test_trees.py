"""Trees, patches and branches, on real repositories: byte for byte, and nothing is written past a tree."""

from pathlib import Path

import pytest

from bot.core import patch
from bot.edge.git.branches import Branches
from bot.edge.git.plumbing import MAIL, WHO
from bot.edge.git.repository import find
from bot.edge.git.trees import Trees
from bot.ports import Denied, Layer
from tests.edge.git.repositories import FILES, PATH, WHEN
from tests.fakes import repos

EDITS: dict[str, bytes | None] = {
    "crlf.py": b"a = 1\r\nb = 3\r\n",
    "no-end.py": b"a = 1\nb = 3",
    "latin.txt": b"caf\xe9 \xff\n\xfd",
    "empty.md": b"no longer\n",
    "with space.txt": b"y\n",
    "n\u00e4me \u6f22.txt": b"y\r\n",
    "$Id$.py": b"# $Id$ $Format:%H$ and more\n",
    "deep/er/file.txt": None,
    "new/file.py": b"x = 1\n",
    "new/empty.py": b"",
    "u2028.py": "a = '\u2028'\x0c\n".encode(),
}


def test_edits_round_trip_byte_for_byte_through_diff_patch_and_commit(repo, found, trees, tmp_path):
    tree = trees.open(found.head)
    for path, content in EDITS.items():
        tree.delete(path) if content is None else tree.write(path, content)
    text = tree.diff()

    made = patch.parse(text)
    assert sorted(file.path for file in made.diff.files) == sorted(EDITS)
    again = trees.open(found.head, text)
    assert again.diff() == text
    branches = Branches(trees, found.git, found.objects, WHO, MAIL)
    (commit,) = branches.push(found.head, (Layer(text, "message\n"),), "route-agent/local/x-1", WHEN)
    again.unpack(str(tmp_path / "out"))
    for path, content in EDITS.items():
        if content is None:
            assert path not in again.files()
            assert not (tmp_path / "out" / path).exists()
        else:
            assert (tmp_path / "out" / path).read_bytes() == content == again.read(path)
            assert repos.blob(repo, f"{commit}:{path}") == content


def test_unpacking_applies_no_attribute_and_follows_no_link(tmp_path):
    repos.make(tmp_path / "r", {**FILES, "link": "->/etc/passwd", "dir/out": "->../../.."})
    found = find(tmp_path / "r", PATH)
    (tmp_path / "own").mkdir()
    trees = Trees(tmp_path / "own", found.objects, PATH)
    trees.open(found.head).unpack(str(tmp_path / "out"))
    trees.close()

    for path, content in FILES.items():
        assert (tmp_path / "out" / path).read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert (tmp_path / "out" / "link").readlink() == Path("/etc/passwd")


def test_the_same_patch_makes_the_same_commit_and_a_second_time_changes_nothing(found, trees):
    tree = trees.open(found.head)
    tree.write("a.py", b"x\n")
    branches = Branches(trees, found.git, found.objects, WHO, MAIL)
    first = branches.push(found.head, (Layer(tree.diff(), "m\n"),), "route-agent/local/x-1", WHEN)
    assert branches.push(found.head, (Layer(tree.diff(), "m\n"),), "route-agent/local/x-1", WHEN) == first
    with pytest.raises(Denied, match="holds something else"):
        branches.push(found.head, (Layer(tree.diff(), "other\n"),), "route-agent/local/x-1", WHEN)
    with pytest.raises(Denied, match="no name for a branch of ours"):
        branches.push(found.head, (Layer(tree.diff(), "m\n"),), "main", WHEN)


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "/etc/x", "a/../../x", "a//b", "./a", "", "C:\\x", "a\nb", "x\0", ".git/config", ".GIT/hooks/x", "git~1/x"),
        *(".g\u200cit/x", "a./b", "a /b", "a" * 300),
    ],
)
def test_a_path_that_no_patch_may_have_cannot_be_written(trees, found, path):
    with pytest.raises(ValueError, match=r"."):
        trees.open(found.head).write(path, b"x\n")


def test_nothing_is_written_through_a_link_or_over_a_folder(tmp_path):
    repos.make(tmp_path / "r", {"a/b.txt": "x\n", "out": "->/tmp"})
    found = find(tmp_path / "r", PATH)
    (tmp_path / "own").mkdir()
    trees = Trees(tmp_path / "own", found.objects, PATH)
    tree = trees.open(found.head)
    for path in ("out", "out/x", "a", "a/b.txt/c"):
        with pytest.raises(ValueError, match=r"link|folder|file"):
            tree.write(path, b"x\n")
    trees.close()


def test_a_search_has_a_deadline_and_says_what_is_wrong_with_a_pattern(trees, found):
    tree = trees.open(found.head)
    tree.write("long.txt", b"a" * 5_000_000 + b"\n")
    with pytest.raises(TimeoutError):
        tree.search("(a|aa)+(a|aa)+(a|aa)+b$", "", 0.5)
    with pytest.raises(ValueError, match=r"."):
        tree.search("(", "", 5)
    assert [hit.path for hit in tree.search("^b = 2", "*.py", 5)] == ["crlf.py", "no-end.py"]
    assert tree.search("--", "", 5) == ()
