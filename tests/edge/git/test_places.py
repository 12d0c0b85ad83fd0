"""Where a command may be typed: clones of every kind, and every wrong place with its own line."""

import os
from pathlib import Path

import pytest

from bot.edge.git.branches import Branches
from bot.edge.git.plumbing import MAIL, WHO
from bot.edge.git.repository import find
from bot.edge.git.trees import Trees
from bot.ports import Denied, Layer
from tests.edge.git.repositories import PATH, WHEN, hostile
from tests.fakes import repos


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


def stale(repo: Path) -> None:
    """As after `cp -r`: the same bytes, and other times than the index remembers."""
    for path in repo.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(repo).parts:
            os.utime(path, (1_000_000_000, 1_000_000_000))


def test_a_copied_clone_is_not_changed_for_its_times_and_a_change_of_the_same_size_is_one(tmp_path):
    repo = tmp_path / "r"
    repos.make(repo, {"a.py": "1\n", "b.py": "2\n"})
    stale(repo)
    before = repos.snapshot(repo)
    assert not find(repo, PATH).dirty()
    assert repos.snapshot(repo) == before, "the user's own index is not refreshed"
    (repo / "b.py").write_bytes(b"3\n")
    stale(repo)
    assert find(repo, PATH).dirty()
    repos.git(repo, "add", "b.py")
    assert find(repo, PATH).dirty()


def test_looking_at_a_copied_clone_runs_no_filter_that_it_configures(tmp_path):
    repo, mark = tmp_path / "r", tmp_path / "owned"
    repos.make(repo, {"a.py": "1\n", ".gitattributes": "* filter=x\n"})
    hostile(repo, mark)
    stale(repo)
    mark.unlink(missing_ok=True)
    assert not find(repo, PATH).dirty()
    assert not mark.exists()
    repos.git(repo, "update-index", "-q", "--refresh")
    assert mark.exists(), "whoever asks git in the clone itself runs it"


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
