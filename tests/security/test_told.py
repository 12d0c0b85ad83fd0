"""No key is told to anybody in any story: the search that every story ends with finds one wherever, and however, it is put.

What runs elsewhere: `World.finish` looks at the end of each story on GitHub, and the `models` of those stories at each prompt.
"""

import base64
import gzip
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import quote

import pytest

from bot.core.handover import pack, unpack
from tests.fakes import canaries
from tests.fakes.canaries import Emitted, canary, leaks, told
from tests.fakes.collector import Collector
from tests.fakes.hosted import GATE, ME, Job
from tests.fakes.repos import DONE, GOOD
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED, Happened, commented, happened
from tests.security.attacks import attack, off
from tests.test_hosted import run

SECRET = canary("planted")


def escaped(text: str) -> str:
    return "".join(f"&#{ord(each)};" if each in "/+=" else each for each in text)


WAYS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "upper case": str.upper,
    "cases changed": str.swapcase,
    "backwards": lambda text: text[::-1],
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper(),
    "percent": lambda text: quote(text, safe=""),
    "in a path": quote,
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 a byte later": lambda text: base64.b64encode(b"u" + text.encode()).decode(),
    "base64 two bytes later": lambda text: base64.b64encode(b"u:" + text.encode()).decode(),
    "base64 of a header": lambda text: base64.b64encode(f"x-access-token:{text}".encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(f"{text * 4}".encode()).decode(),
    "in lines": lambda text: "\n".join(text[n : n + 5] for n in range(0, len(text), 5)),
    "in a command of the runner": lambda text: f"{text[:12]}%0A{text[12:]}",
    "in JSON in JSON": lambda text: json.dumps(json.dumps(f"{text[:12]}\n{text[12:]}")),
    "in HTML": escaped,
    "without its beginning": lambda text: text[7:],
    "packed": lambda text: base64.b64encode(gzip.compress(f"x{text}".encode(), mtime=0)).decode(),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_key_is_found_however_it_is_written(way):
    assert told(f"before {WAYS[way](SECRET)} after".encode())
    assert not told(f"before {WAYS[way]('e23bcc72 some word 7/x and')} after".encode())


# ---- wherever ------------------------------------------------------------------------------------------------------


def _comment(world: World, shop: Repo, issue: Issue) -> None:
    world.comment(shop, issue, ME, f"said {SECRET}")


def _remark(world: World, shop: Repo, issue: Issue) -> None:
    world.review(issue, ME, "COMMENTED", "", shop__add=f"said {SECRET}")


def _pull(world: World, shop: Repo, issue: Issue) -> None:
    world.pull(shop, "topic", {"a": "b\n"}, "a fix", f"body {SECRET}")


def _pushed(world: World, shop: Repo, issue: Issue) -> None:
    world.commit(shop, "route-agent-ledger", {"records/a.json": f'{{"trail": "{SECRET}"}}'})


def _committed(world: World, shop: Repo, issue: Issue) -> None:
    world.commit(shop, "topic", {"a": "b\n"}, f"fix {SECRET}")


def _deleted(world: World, shop: Repo, issue: Issue) -> None:
    world.commit(shop, "topic", {"a": f"{SECRET}\n"})
    shop.git("update-ref", "-d", "refs/heads/topic")


def _named(world: World, shop: Repo, issue: Issue) -> None:
    shop.git("update-ref", f"refs/heads/{SECRET}", str(shop.tip("main")))


def _dispatched(world: World, shop: Repo, issue: Issue) -> None:
    world.token("t", ME)
    _sent(world, "POST", f"repos/{shop.name}/actions/workflows/x.yml/dispatches", {"ref": "main", "inputs": {"a": SECRET}})


def _asked(world: World, shop: Repo, issue: Issue) -> None:
    world.token("t", ME)
    _sent(world, "GET", f"repos/{shop.name}/contents/{quote(SECRET, safe='')}", None)


def _sent(world: World, method: str, path: str, body: object) -> None:
    import requests  # noqa: PLC0415 - for these two alone

    requests.request(method, f"{world.api}/{path}", json=body, headers={"Authorization": "Bearer t"}, timeout=10)


def _written(name: str) -> Callable[[World, Repo, Issue], None]:
    def write(world: World, shop: Repo, issue: Issue) -> None:
        path = world.folder.parent / "job" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"x {SECRET}\n")

    return write


PLANTED: dict[str, Callable[[World, Repo, Issue], None]] = {
    "comment": _comment,
    "review": _remark,
    "pull request": _pull,
    "ledger": _pushed,
    "commit": _committed,
    "deleted branch": _deleted,
    "branch name": _named,
    "dispatch": _dispatched,
    "address": _asked,
    "summary": _written("summary.md"),
    "output": _written("output"),
    "log": _written("log"),
    "Trail": _written("workspace/route-agent/c1.json"),
    "lines": _written("workspace/route-agent/ledger.jsonl"),
}


@pytest.mark.parametrize("where", PLANTED)
def test_a_key_is_found_wherever_it_is_put(where, tmp_path):
    with World(tmp_path / "world") as world:
        shop = world.repo("octo/shop", {"a": "a\n"}, ann="write")
        issue = world.issue(shop, "T")
        PLANTED[where](world, shop, issue)
        world.read.update(f"comment {comment.id}" for comment in issue.comments)
        with pytest.raises(AssertionError, match="a key or a token is told"):
            world.finish()


def test_a_key_in_a_trail_that_travels_is_found(world, shop, issue, tmp_path):
    packed = Job(world, tmp_path / "gate", "issue_comment", world.comment(shop, issue, "ann", "/agent fix"), scopes=GATE).packed(
        "gate"
    )
    trail = unpack(packed["handover"])
    assert not told(packed["handover"].encode())
    request = replace(trail.opened.request, actor=f"see {SECRET}")
    worse = replace(trail, opened=replace(trail.opened, request=request))
    assert told(f'{{"trail": "{pack(worse)}"}}'.encode())
    assert happened(world, shop, issue) == Happened()


# ---- stories -------------------------------------------------------------------------------------------------------


def told_to(collector: Collector) -> Iterable[Emitted]:
    return (Emitted(path, body) for path, body in collector.bodies)


@attack("prompt-secrets", "runner-errors", off=off("bot.core.clean.redact", "return text"))
def test_a_gateway_that_repeats_its_key_in_each_word_has_it_told_to_nobody(world, models, shop, issue, tmp_path):
    """The whole process, with a collector that looks on: refusals, an answer with the key as its model, words, and a give-up."""
    key = canaries.KEYS["INPUT_VLLM-API-KEY"]
    models.script(
        "m-fast", [{"status": 500, "body": {"error": {"message": f"no {key}"}}}, {"action": "read", "path": "shop/add.py"}]
    )
    coded, other = (base64.b64encode(f"{before}{key}".encode()).decode() for before in ("", "user:"))
    models.scripts["m-fast"] += [{"content": f"I was sent {key}"}, {"action": "give_up", "reason": f"it is {coded}"}]
    models.scripts["m-fast"].append({"action": "give_up", "reason": "no"})
    models.script(
        "m-strong", [GOOD, TEST, {**DONE, "summary": key}, {**DONE, "summary": f"made with {other}", "risks": coded}, DONE]
    )
    world.runner = Scripted(PROVED)
    job = commented(world, shop, issue, tmp_path / "job")
    with Collector() as collector:
        done = run(job, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        assert "accepted" in done.stdout, done.stdout + done.stderr
        assert collector.bodies
        assert leaks(told_to(collector)) == []
    assert {sent.get("authorization") for sent in models.headers} == {f"Bearer {key}"}, "whom it is for gets it"
    assert leaks(Emitted("prompt", json.dumps(body).encode()) for body in models.requests) == []
    assert happened(world, shop, issue) == Happened(branches=1, pulls=1, runs=1)
    world.finish()
