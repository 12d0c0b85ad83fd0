"""Nobody's address is written down: what is shipped names no server, and a run on another one stays there."""

import re
import subprocess
from pathlib import Path

from tests.fakes.hosted import ME, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.typed import ROOT
from tests.fakes.world import Repo, World
from tests.fakes.world.runs import Scripted
from tests.test_hosted import commented, outputs, run

SHIPPED = ("bot", "templates", "action.yml", "Dockerfile")
NAMES = re.compile(r"github\.com(?![a-z])|ghe\.com|githubusercontent|github\.io|ghcr\.io", re.IGNORECASE)
EXCUSED = {
    'return self.name if self.host == "github.com" else f"{self.host}/{self.name}"': "`gh --repo` leaves out this host's name",
    'host = {"ssh.github.com": "github.com", "www.github.com": "github.com"}.get(host, host)': "one host, three names in remotes",
    'return GitHub(host, name, host == "github.com" or host.endswith(".ghe.com") or "github" in host)': "who is surely a GitHub",
    '{% if github and github.host != "github.com" %}': "says what is different on an Enterprise Server",
    "{{ number() }} On a GitHub Enterprise Server, GitHub Connect must let actions of github.com in "
    "(route-agent/route-agent, actions/checkout);": "words for a person there",
    "git ls-remote https://github.com/route-agent/route-agent refs/tags/v0": "where the action is at home, for a person to look",
    "Where that prints nothing, no release is out yet: take a commit, which "
    "`git ls-remote https://github.com/route-agent/route-agent HEAD` names,": "likewise",
}
"""Lines that name a server and ask it nothing, each with why."""


def test_what_is_shipped_names_no_server_to_ask():
    files = [path for name in SHIPPED for path in (ROOT / name, *(ROOT / name).rglob("*")) if path.is_file()]
    files = [path for path in files if "__pycache__" not in path.parts]
    assert len(files) > 150
    found = {row.strip() for path in files for row in path.read_text(errors="replace").splitlines() if NAMES.search(row)}
    assert found == set(EXCUSED)


# ---- a whole run -----------------------------------------------------------------------------------------------------

WATCH = """
import os, sys
def note(event, given):
    if event == "socket.connect":
        row = f"connect {given[1]!r}"
    elif event == "socket.getaddrinfo":
        row = f"look up {given[0]!r}"
    elif event == "subprocess.Popen":
        row = f"start {given[1]!r}"
    else:
        return
    with open(os.path.join(os.path.dirname(__file__), "seen"), "a") as file:
        file.write(row + "\\n")
sys.addaudithook(note)
"""
"""Loaded by Python itself before anything of ours: it writes down every connection, name looked up and process started."""
URL = re.compile(r"https?://[^\s\"'`<>()|\\]+")


def watched(job: Job, folder: Path) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The action's process, and what it reached for."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WATCH)
    done = run(job, PYTHONPATH=f"{folder}:{ROOT}")
    return done, (folder / "seen").read_text().splitlines()


def strange(text: str, *servers: str) -> list[str]:
    return [url for url in URL.findall(text) if not url.startswith(tuple(f"{server}/" for server in servers))]


def test_a_whole_run_on_an_enterprise_server_reaches_for_it_alone_and_names_it_alone(world, models, shop, tmp_path):
    assert world.api == f"{world.url}/api/v3"
    world.run_details = "refused"  # as version 3.19 does
    models.script("m-fast", [GOOD, TEST, DONE])
    world.runner = Scripted({"base": "success", "tests-only": "success", "patched": "success"})
    job = commented(world, shop, tmp_path / "job", "/agent fix")

    done, reached = watched(job, tmp_path / "watch")

    assert done.returncode == 0, done.stdout + done.stderr
    assert outputs(job)["result"] == "accepted"
    world.pulls(shop)

    ports = {int(server.rpartition(":")[2].split("/")[0]) for server in (world.url, models.url)}
    assert {row for row in reached if row.startswith("connect")} == {f"connect ('127.0.0.1', {port})" for port in ports}
    assert {row for row in reached if row.startswith("look up")} <= {"look up '127.0.0.1'"}
    assert not [row for row in reached if row.startswith("start") and strange(row, world.url)]
    assert [seen.line for seen in world.journal if seen.status in (501, 599)] == []
    assert any(seen.method == "GIT" for seen in world.journal)

    for name, text in texts(world, shop, job).items():
        assert strange(text, world.url, models.url.removesuffix("/v1")) == [], name


def texts(world: World, shop: Repo, job: Job) -> dict[str, str]:
    """All that a run leaves, by name; what a person clicks on has an address on that server."""
    (comment,) = world.said(shop.issues[1], ME)
    (pull,) = world.pulls(shop)
    branch, record = str(pull.head and pull.head[1]), shop.git("ls-tree", "-r", "--name-only", "route-agent-ledger", "records/")
    found = {
        "comment": comment,
        "pull request": f"{pull.title}\n{pull.body}",
        "record": shop.file("route-agent-ledger", record) or "",
        "outputs": (job.folder / "output").read_text(),
        "summary": (job.folder / "summary.md").read_text(),
    }
    for name, text in found.items():
        assert f"{world.url}/octo/shop/" in text, name
    trail = (job.folder / "workspace" / outputs(job)["trail"]).read_text()
    return found | {"commits": shop.git("log", "--format=%B", f"main..{branch}"), "trail": trail}
