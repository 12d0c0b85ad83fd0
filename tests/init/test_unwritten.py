"""`route-agent init`: what it refuses, and what it leaves as it is."""

import os
import subprocess

import pytest

from bot.ports import Denied
from tests.fakes import repos
from tests.fakes.typed import typed
from tests.init.shapes import AGENT, OURS, POLICY, SELFTEST, VERIFY, made, policy, tree


def test_a_second_time_everything_is_unchanged(shop):
    made(shop)
    before = tree(shop)
    said = made(shop)
    assert said.endswith("".join(f"unchanged: {path}\n" for path in OURS))
    assert tree(shop) == before


def test_after_the_commit_our_own_workflows_are_not_taken_for_the_repository_s(shop):
    made(shop)
    repos.git(shop, "add", ".github")
    repos.git(shop, "commit", "-qm", "set up")
    assert "CI: no workflow of your own" in made(shop)


def test_files_that_differ_are_all_named_and_nothing_is_written(shop):
    for path in (AGENT, POLICY):
        (shop / path).parent.mkdir(parents=True, exist_ok=True)
        (shop / path).write_text("mine\n")
    before = tree(shop)
    with pytest.raises(Denied, match=f"{AGENT}, {POLICY} would be overwritten") as caught:
        made(shop)
    assert VERIFY not in str(caught.value)
    assert tree(shop) == before

    assert f"overwrote: {AGENT}\nwrote: {VERIFY}\nwrote: {SELFTEST}\noverwrote: {POLICY}\n" in made(shop, "--force")
    assert policy(shop).routing.fast_max_score == 6


def test_a_dry_run_writes_nothing(shop):
    (shop / ".github").mkdir()
    (shop / POLICY).write_text("mine\n")
    before = tree(shop)
    said = made(shop, "--dry-run")
    assert f"would write: {AGENT}\n" in said
    assert f"differs (--force overwrites): {POLICY}\n" in said
    assert tree(shop) == before
    assert not (shop / ".github" / "workflows").exists()


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_every_line_that_would_be_written_can_be_read_first_and_applied(shop, ends):
    (shop / ".github").mkdir()
    (shop / POLICY).write_text("mine\n\x1b[2Jmine too\n")
    before = tree(shop)
    said = made(shop, "--diff")
    assert tree(shop) == before
    assert "-mine\n-mine too\n" in said, "no file of the repository steers a terminal"

    (shop / POLICY).write_bytes(ends.join((b"mine", b"mine too", b"")))
    subprocess.run(["git", "apply"], cwd=shop, input=made(shop, "--diff").encode(), check=True)
    applied = tree(shop)
    made(shop, "--force")
    assert tree(shop) == applied
    assert made(shop, "--diff") == "", "nothing is left to write"


@pytest.mark.parametrize("linked", [".github", ".github/workflows", AGENT, POLICY])
@pytest.mark.parametrize("words", [(), ("--force",)])
def test_a_link_leads_no_write_out_of_the_repository(shop, tmp_path, linked, words):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("theirs\n")
    (shop / linked).parent.mkdir(parents=True, exist_ok=True)
    (shop / linked).symlink_to(outside / "file" if linked.endswith("yml") else outside)
    before = tree(shop)
    with pytest.raises(Denied, match="is a link"):
        made(shop, *words)
    assert [path.name for path in outside.iterdir()] == ["file"]
    assert (outside / "file").read_text() == "theirs\n"
    assert tree(shop) == before


def test_a_pipe_in_the_place_of_a_file_does_not_hang(shop):
    (shop / ".github").mkdir()
    os.mkfifo(shop / POLICY)
    with pytest.raises(Denied, match="is no file"):
        made(shop)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--provider", "vllm"), "--provider vllm has no address of its own; add --base-url"),
        (("--provider", "vllm", "--base-url", "x"), "--base-url: "),
        (("--provider", "vllm", "--base-url", "http://a:b@c/"), "holds credentials"),
        (("--base-url", 'http://h/"\n  evil: 1'), "--base-url: "),
    ],
)
def test_an_address_that_is_none_is_denied_and_nothing_is_written(shop, words, said):
    before = tree(shop)
    with pytest.raises(Denied) as caught:
        made(shop, *words)
    assert said in str(caught.value)
    assert tree(shop) == before


@pytest.mark.parametrize(("kind", "said"), [("plain", "not in a git"), ("bare", "bare repository"), ("unborn", "no commit yet")])
def test_what_is_no_repository_with_a_commit_is_one_line(tmp_path, kind, said):
    folder = tmp_path / "r"
    folder.mkdir()
    if kind != "plain":
        repos.git(folder, "init", "-q", *(["--bare"] if kind == "bare" else []))
    done = typed("init", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
