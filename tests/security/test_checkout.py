"""Attacks by a repository on whoever runs git in it: on the command line, where the user's own clone is worked on."""

import pytest

from bot.demo.scripted import Scripted
from tests.edge.git.repositories import hostile
from tests.fakes import repos
from tests.fakes.jobs import Job
from tests.fakes.repos import DONE, GOOD
from tests.security.attacks import Off, attack, off


def careless(*words: str, options: tuple[str, ...] = ()) -> Off:
    """There is nothing to switch off: what others run in a clone is put in, where ours looks at it."""
    command = f"subprocess.run(['git', {', '.join(map(repr, (*options, *words)))}], cwd=self.root)"
    cut = ("with tempfile.", f"{command}\n        with tempfile.")
    return Off("bot.edge.git.repository.Repository.dirty", cut=cut, careless=f"git {' '.join(words)}")


@attack("git-config", "git-hooks", "cve_2026_26268", off=off("bot.edge.git.plumbing.PLAIN", "()"))
def test_cve_2026_26268_nothing_that_a_clone_configures_or_hooks_into_is_run(tmp_path):
    repo = tmp_path / "shop"
    repos.make(repo, repos.SHOP)
    mark = tmp_path / "owned"
    hostile(repo, mark)
    record, _ = Job(repo).run(Scripted({"fast": [GOOD, DONE]}))
    assert not mark.exists()
    assert record.result == "pass"


@attack("git-attributes", off=careless("add", "--renormalize", "."))
def test_attributes_of_the_repository_change_no_byte_and_run_no_filter(tmp_path):
    repo, mark = tmp_path / "shop", tmp_path / "owned"
    attributes = "* filter=x ident text eol=crlf working-tree-encoding=UTF-16\n"
    repos.make(repo, {**repos.SHOP, ".gitattributes": attributes})
    repos.git(repo, "config", "filter.x.clean", f"touch {mark}; cat")
    record, _ = Job(repo).run(Scripted({"fast": [GOOD, DONE]}))
    assert not mark.exists()
    assert record.result == "pass"
    assert repos.blob(repo, f"{record.branch}:shop/add.py") == b"def add(a, b):\n    return a + b\n"


def buried(repo: object, mark: object) -> dict[str, bytes | str]:
    """A bare repository in the tree: whoever runs git in that folder runs its configuration."""
    return {
        "vendor/HEAD": "ref: refs/heads/main\n",
        "vendor/config": f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = ..\n\tfsmonitor = touch {mark}\n",
        "vendor/objects/x": "",
        "vendor/refs/x": "",
        "vendor/hooks/post-checkout": f"#!/bin/sh\ntouch {mark}\n",
    }


@attack("cve_2026_45033", off=careless("status", options=("-C", "vendor")))
def test_cve_2026_45033_a_bare_repository_buried_in_the_tree_is_files(tmp_path):
    repo, mark = tmp_path / "shop", tmp_path / "owned"
    repos.make(repo, {**repos.SHOP, **buried(repo, mark)})
    record, _ = Job(repo).run(Scripted({"fast": [{"action": "read", "path": "vendor/config"}, GOOD, DONE]}))
    assert not mark.exists()
    assert record.result == "pass"


@attack(
    "git-submodule", "cve_2025_48384", off=careless("submodule", "update", "--init", options=("-c", "protocol.file.allow=always"))
)
@pytest.mark.parametrize("path", ["lib", "lib\r"])
def test_cve_2025_48384_a_submodule_is_never_fetched(tmp_path, path):
    repo, mark = tmp_path / "shop", tmp_path / "owned"
    repos.make(tmp_path / "evil", {"x": "1\n"})
    modules = f'[submodule "lib"]\n\tpath = "{path}"\n\turl = {tmp_path}/evil\n'
    repos.make(repo, {**repos.SHOP, ".gitmodules": modules})
    head = repos.git(tmp_path / "evil", "rev-parse", "HEAD")
    repos.git(repo, "update-index", "--add", "-z", "--index-info", stdin=f"160000 {head}\t{path}\0".encode())
    repos.git(repo, "commit", "--quiet", "--message", "module")
    record, _ = Job(repo).run(Scripted({"fast": [GOOD, DONE]}))
    assert not mark.exists()
    assert record.result == "pass"
    assert not (repo / ".git" / "modules").exists()
