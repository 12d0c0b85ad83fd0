"""Trees, patches and branches, on real repositories: byte for byte, and nothing of the repository ever runs."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core import patch
from bot.edge.git.branches import Branches
from bot.edge.git.plumbing import MAIL, WHO
from bot.edge.git.repository import Repository, find
from bot.edge.git.trees import Trees
from bot.ports import Denied, Layer
from tests.fakes import repos

PATH = os.environ["PATH"]
WHEN = "2026-01-02T03:04:05Z"
ATTRIBUTES = (
    "*.py export-subst ident filter=x eol=crlf\n"
    "*.txt export-ignore -diff binary working-tree-encoding=UTF-16\n"
    "*.md -text merge=ours\n"
)

FILES: dict[str, bytes | str] = {
    ".gitattributes": ATTRIBUTES,
    "crlf.py": b"a = 1\r\nb = 2\r\n",
    "no-end.py": b"a = 1\nb = 2",
    "latin.txt": b"caf\xe9 \xff\xfe\n",
    "empty.md": b"",
    "with space.txt": b"x\n",
    "tab\there.txt": b"x\n",
    'quo"te.txt': b"x\n",
    "n\u00e4me \u6f22.txt": b"x\n",
    "$Id$.py": b"# $Id$ $Format:%H$\n",
    "deep/er/file.txt": b"1\n2\n3\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    repos.make(tmp_path / "repo", FILES)
    return tmp_path / "repo"


@pytest.fixture
def found(repo: Path) -> Repository:
    return find(repo, PATH)


@pytest.fixture
def trees(found: Repository, tmp_path: Path) -> Iterator[Trees]:
    (tmp_path / "own").mkdir()
    made = Trees(tmp_path / "own", found.objects, PATH)
    yield made
    made.close()


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


def hostile(repo: Path, mark: Path) -> None:
    run = f"touch {mark}"
    for key, value in {
        "core.fsmonitor": f"{run};false", "core.hooksPath": str(repo / "hooks"), "core.sshCommand": run, "core.pager": run,
        "filter.x.clean": f"{run};cat", "filter.x.smudge": f"{run};cat", "diff.external": run, "core.alternateRefsCommand": run,
        "uploadpack.packObjectsHook": run, "gpg.program": run, "commit.gpgSign": "true", "diff.x.textconv": run,
    }.items():  # fmt: skip
        repos.git(repo, "config", key, value)
    for folder in (repo / "hooks", repo / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in ("reference-transaction", "post-commit", "pre-commit", "post-checkout", "post-index-change", "update"):
            (folder / name).write_text(f"#!/bin/sh\n{run}\n")
            (folder / name).chmod(0o755)


def test_nothing_that_a_repository_configures_is_ever_run(repo, tmp_path):
    mark = tmp_path / "owned"
    hostile(repo, mark)
    (repo / "crlf.py").write_bytes(b"dirty\n")
    found = find(repo / "deep", PATH)
    (tmp_path / "own").mkdir()
    trees = Trees(tmp_path / "own", found.objects, PATH)
    assert found.dirty()
    assert found.resolve("HEAD") == found.head
    assert found.parted(found.head) == found.head
    trees.change(found.head, found.head)
    tree = trees.open(found.head)
    tree.write("crlf.py", b"x\n")
    tree.search("x", "", 5)
    Branches(trees, found.git, found.objects, WHO, MAIL).push(
        found.head, (Layer(tree.diff(), "m\n"),), "route-agent/local/x-1", WHEN
    )
    trees.close()
    assert not mark.exists()


def test_every_kind_of_wrong_place_has_its_own_line(tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "new").mkdir()
    repos.git(tmp_path / "new", "init", "--quiet")
    repos.git(tmp_path, "init", "--quiet", "--bare", "bare")
    for folder, said in (
        ("missing", "is no folder"),
        ("plain", "not in a git repository"),
        ("new", "no commit yet"),
        ("bare", "bare repository"),
    ):
        with pytest.raises(Denied, match=said):
            find(tmp_path / folder, PATH)


def test_a_shallow_clone_a_worktree_and_a_detached_head_work(repo, tmp_path):
    repos.make(repo, {"second.txt": "2\n"}, "second")
    repos.git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repo}", "shallow")
    repos.git(repo, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    for folder in (tmp_path / "shallow", tmp_path / "tree"):
        found = find(folder, PATH)
        own = tmp_path / f"own-{folder.name}"
        own.mkdir()
        trees = Trees(own, found.objects, PATH)
        tree = trees.open(found.head)
        tree.write("a.py", b"x\n")
        Branches(trees, found.git, found.objects, WHO, MAIL).push(
            found.head, (Layer(tree.diff(), "m\n"),), "route-agent/local/x-1", WHEN
        )
        trees.close()
    assert find(tmp_path / "tree", PATH).branch is None
    with pytest.raises(Denied, match="git fetch --unshallow"):
        find(tmp_path / "shallow", PATH).resolve("HEAD~1")
    with pytest.raises(Denied, match="there is no commit"):
        find(repo, PATH).resolve("--output=/tmp/x")


def test_a_repository_of_sha256_hashes_works(tmp_path):
    (tmp_path / "r").mkdir()
    repos.git(tmp_path / "r", "init", "--quiet", "--object-format=sha256")
    repos.make(tmp_path / "r", {"a.py": "1\n"})
    found = find(tmp_path / "r", PATH)
    (tmp_path / "own").mkdir()
    trees = Trees(tmp_path / "own", found.objects, PATH)
    tree = trees.open(found.head)
    tree.write("a.py", b"2\n")
    branches = Branches(trees, found.git, found.objects, WHO, MAIL)
    (made,) = branches.push(found.head, (Layer(tree.diff(), "m\n"),), "route-agent/local/x-1", WHEN)
    trees.close()
    assert len(made) == 64
    assert repos.git(tmp_path / "r", "show", "route-agent/local/x-1:a.py") == "2"
    assert not found.dirty()


def test_a_partial_clone_that_lacks_a_file_says_how_to_complete_it(tmp_path):
    repos.make(tmp_path / "r", {"a.py": "1\n", "b.py": "2\n"})
    repos.git(tmp_path / "r", "config", "uploadpack.allowFilter", "true")
    repos.git(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", f"file://{tmp_path / 'r'}", "partial")
    found = find(tmp_path / "partial", PATH)
    (tmp_path / "own").mkdir()
    trees = Trees(tmp_path / "own", found.objects, PATH)
    with pytest.raises(Denied, match="partial clone; `git fetch --refetch --no-filter` completes it"):
        trees.open(found.head).read("a.py")
    trees.close()


def handmade(repo: Path, *rows: bytes) -> str:
    """A commit whose tree object was made by hand: what git's own commands refuse to write."""
    tree = repos.git(repo, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=b"".join(rows))
    return repos.git(repo, "commit-tree", tree, "-m", "hostile")


@pytest.mark.parametrize("name", [b"..", b".", b".git", b".GIT", b"/etc", b""])
def test_a_tree_that_leads_out_of_its_folder_is_refused(repo, trees, tmp_path, name):
    blob = bytes.fromhex(repos.git(repo, "hash-object", "-w", "--stdin", stdin=b"pwned\n"))
    inner = repos.git(repo, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", stdin=b"100644 pwned\0" + blob)
    commit = handmade(repo, b"40000 " + name + b"\0" + bytes.fromhex(inner))
    with pytest.raises(Denied, match=r"git would not check out|fatal|corrupt|malformed|empty filename"):
        trees.open(commit).unpack(str(tmp_path / "copy"))
    assert list(tmp_path.rglob("pwned")) == []


def test_a_tree_with_a_link_and_a_folder_of_one_name_is_refused(repo, trees, tmp_path):
    target = bytes.fromhex(repos.git(repo, "hash-object", "-w", "--stdin", stdin=str(tmp_path / "out").encode()))
    blob = bytes.fromhex(repos.git(repo, "hash-object", "-w", "--stdin", stdin=b"pwned\n"))
    inner = bytes.fromhex(repos.git(repo, "hash-object", "-t", "tree", "-w", "--stdin", stdin=b"100644 x\0" + blob))
    commit = handmade(repo, b"120000 zz\0" + target, b"40000 zz\0" + inner)
    with pytest.raises(Denied, match="below a file or a link"):
        trees.open(commit)
