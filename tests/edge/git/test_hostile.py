"""Nothing that a repository configures is ever run, and no tree of it leads out of its folder."""

import pytest

from bot.edge.git.branches import Branches
from bot.edge.git.plumbing import MAIL, WHO
from bot.edge.git.repository import find
from bot.edge.git.trees import Trees
from bot.ports import Denied, Layer
from tests.edge.git.repositories import PATH, WHEN, handmade, hostile
from tests.fakes import repos


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
