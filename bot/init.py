"""`route-agent init`: looks at a repository as committed, writes policy and workflows, and says which clicks remain."""

import re
import tempfile
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from bot.arguments import POLICY
from bot.core import cifiles, setup, verifying
from bot.core.clean import line, printable
from bot.core.lane import ADDRESSED, KEYS
from bot.core.past.amend import difference
from bot.core.policyfile import PolicyError
from bot.core.policyfile import read as read_policy
from bot.core.remote import Elsewhere, GitHub, NoRemote, Remote
from bot.core.words import Provider
from bot.edge.git.repository import Repository, find
from bot.edge.git.trees import Trees
from bot.edge.worktree import Worktree
from bot.ports import Denied, Renderer
from bot.seen import AGENT, SELFTEST, VERIFY, Place, Seen, place, see
from bot.shop import Outside

NEWEST = "@v0"
"""What the shipped workflows call: a tag that is there once a release is, and moves with each."""
State = Literal["new", "unchanged", "differs"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed. Without a provider, the key at hand chooses."""

    repo: Path
    provider: Provider | None
    base_url: str
    split: bool
    force: bool
    dry_run: bool
    diff: bool
    action_ref: str | None = None
    """The commit or tag of ours that the workflows are to call."""


def init(words: Namespace, outside: Outside, show: Callable[[str], None]) -> None:
    """Run the command. Raises `Denied` for what a person can mend; then nothing was written."""
    given = {each.name: getattr(words, each.name) for each in fields(Wanted)}
    wanted = Wanted(**given | {"repo": Path(words.repo), "base_url": words.base_url or ""})
    repository = find(wanted.repo.absolute(), outside.path)
    with tempfile.TemporaryDirectory(prefix="route-agent-", ignore_cleanup_errors=True) as folder:
        trees = Trees(Path(folder), repository.objects, repository.path)
        try:
            seen = see(trees.open(repository.head), repository)
        finally:
            trees.close()
    provider, why = (wanted.provider, "--provider") if wanted.provider else setup.chosen(tuple(outside.env))
    files = _files(wanted, provider, seen, outside)
    if wanted.diff:
        show(_diff(Worktree(repository.root), files, outside.progress))
        return
    states = _put(Worktree(repository.root), files, wanted)
    show(_text(wanted, (provider, why), seen, place(repository), repository, states, outside.render))


# ---- writing -----------------------------------------------------------------------------------------------------


def _files(wanted: Wanted, provider: Provider, seen: Seen, outside: Outside) -> dict[str, bytes]:
    if provider in ADDRESSED and not wanted.base_url:
        raise Denied(f"--provider {provider} has no address of its own; add --base-url, for example http://127.0.0.1:4000/v1")
    if not wanted.base_url.isprintable() or " " in wanted.base_url:
        raise Denied("--base-url: holds characters that no address has; write http(s)://HOST[:PORT]/PATH")
    if wanted.action_ref is not None and not re.fullmatch(r"\w[\w./-]{0,99}", wanted.action_ref, re.ASCII):
        raise Denied("--action-ref: is no name of a commit or tag; write a whole commit SHA, or a tag as v0.1.0")
    workflows = _workflows(wanted, provider, seen, outside)
    policy = drafted(provider, wanted.base_url, seen, outside.render).encode()
    try:
        read_policy(policy, POLICY)
    except PolicyError as error:
        if not wanted.base_url:
            raise
        raise Denied(f"--base-url: {'; '.join(str(problem) for problem in error.problems)}") from None
    return {**{path: text.encode() for path, text in workflows.items()}, POLICY: policy}


def _workflows(wanted: Wanted, provider: Provider, seen: Seen, outside: Outside) -> dict[str, str]:
    def shipped(name: str) -> str:
        text = (outside.templates / "workflows" / name).read_text(encoding="utf-8")
        return text.replace(NEWEST, f"@{wanted.action_ref}") if wanted.action_ref else text

    agent, verify = shipped("route-agent-split.yml" if wanted.split else "route-agent.yml"), shipped("route-agent-verify.yml")
    if isinstance(seen.verifying, verifying.Shipped):
        verify = verifying.with_more(verify, seen.verifying)
    else:
        verify = verifying.adapted(verify, outside.render("init/steps.yml.j2", steps=seen.verifying))
    keyed = verifying.with_key(agent, provider, setup.key_of(provider))
    return {AGENT: keyed, VERIFY: verify, SELFTEST: shipped("route-agent-selftest.yml")}


def drafted(provider: Provider, base_url: str, seen: Seen, render: Renderer) -> str:
    """A policy to begin with."""
    return render(
        "init/policy.yml.j2",
        provider=provider,
        key=setup.key_of(provider),
        named_key=provider not in KEYS,
        base_url=base_url,
        lanes=setup.begun(provider),
        checks=seen.checks,
        nested=seen.nested,
        setup=seen.set_up,
        yaml=setup.quoted,
        comment=setup.comment,
    )


def _diff(tree: Worktree, files: dict[str, bytes], note: Callable[[str, str], None]) -> str:
    """What a file would lose and gain."""
    made: list[str] = []
    for path, ours in files.items():
        there = tree.read(path)
        shown = _legible(there)
        if there is not None and there != ours:
            note("init", f"{path} is there and differs: without --force, nothing would be written")
        if shown is not None and shown.encode() != there:
            note("init", f"{path} holds bytes that are not shown: this part of the patch does not apply")
        made.append(difference(shown, ours.decode(), path))
    return "".join(made)


def _legible(there: bytes | None) -> str | None:
    """Without what steers a terminal; the ends of lines as they are, so that the patch applies."""
    if there is None:
        return None
    text = printable(there.decode(errors="surrogateescape"))
    return text.replace("\n", "\r\n") if b"\r\n" in there else text


def _put(tree: Worktree, files: dict[str, bytes], wanted: Wanted) -> dict[str, State]:
    """How each file stood before; all were written since, but for those that were the same."""
    there = {path: tree.read(path) for path in files}
    states: dict[str, State] = {}
    for path, ours in files.items():
        found = there[path]
        states[path] = "new" if found is None else "unchanged" if found == ours else "differs"
    differing = [path for path, state in states.items() if state == "differs"]
    if wanted.dry_run:
        return states
    if differing and not wanted.force:
        raise Denied(f"{', '.join(differing)} would be overwritten; nothing was written: move away or compare, then --force")
    tree.place({path: ours for path, ours in files.items() if states[path] != "unchanged"})
    return states


# ---- saying ------------------------------------------------------------------------------------------------------


def _text(
    wanted: Wanted,
    provider: tuple[Provider, str],
    seen: Seen,
    at: Place,
    repository: Repository,
    states: dict[str, State],
    render: Renderer,
) -> str:
    remote = at.remote
    return render(
        "terminal/init.j2",
        name=repository.root.name,
        head=repository.head[:12],
        seen=seen,
        languages=setup.languages(seen.files),
        place=at,
        github=remote if isinstance(remote, GitHub) else None,
        elsewhere=remote.host if isinstance(remote, Elsewhere) else "",
        local=isinstance(remote, NoRemote),
        provider=provider[0],
        provider_by=provider[1],
        key=setup.key_of(provider[0]),
        fill_in=provider[0] not in setup.MODELS,
        lacking=[one for one in seen.ci if isinstance(one, cifiles.Lacking)],
        ready=[one for one in seen.ci if isinstance(one, cifiles.Ready)],
        apart=[one for one in seen.ci if isinstance(one, cifiles.Apart)],
        to_write=seen.verifying.what if isinstance(seen.verifying, verifying.ToWrite) else "",
        kind=seen.verifying.kind,
        groups=[group for group in seen.set_up.groups if group.startswith("--group")],
        newest=wanted.action_ref is None,
        sent_to=urlsplit(wanted.base_url).netloc,
        only_here=bool(re.match(r"https?://(localhost|127\.|\[::1\])", wanted.base_url)),
        others=[check for check in seen.checks if check.kind == "tests"][1:],
        commands=_commands(wanted, at, repository, states),
        gh=_repo(remote),
        states=states,
        dry_run=wanted.dry_run,
        policy=POLICY,
    )


def _repo(remote: Remote) -> str:
    return f" --repo {remote.gh}" if isinstance(remote, GitHub) else ""


def _commands(wanted: Wanted, at: Place, repository: Repository, states: dict[str, State]) -> list[str]:
    """git commands ready to paste, from the folder that the person stands in."""
    git = ["git"] if wanted.repo == Path() else ["git", "-C", str(wanted.repo)]
    at_top = wanted.repo.resolve() == repository.root.resolve()
    top = [path if at_top else f":/{path}" for path in states]
    made = [[*git, "switch", at.branch]] if at.branch and repository.branch != at.branch else []
    made += [[*git, "add", "--", *top], [*git, "commit", "-m", "Set up route-agent", "--", *top]]
    if at.branch and not isinstance(at.remote, NoRemote):
        made.append([*git, "push", "origin", at.branch])
    return [setup.shell(words) or f"# a name here cannot be shown: {line(' '.join(words))}" for words in made]
