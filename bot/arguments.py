"""What can be typed: the commands and their flags, and the main job that they ask for."""

import argparse
import re
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn, get_args

from bot.core.clean import line
from bot.core.words import Format, Provider, Rows, What
from bot.failures import Denied
from bot.voice import own_version

POLICY = ".github/route-agent.yml"
MOST_TASK = 200_000
"""Characters of a task."""
COMMANDS = ("fix", "explain", "demo", "doctor", "policy", "ledger", "init")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raises instead of exiting, so that there is one place that turns mistakes into exit codes."""
        raise Denied(f"{message}; `{self.prog} --help` shows what can be typed")

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """The command that a word was typed to says that it does not know it: it alone knows what may be meant."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            near = get_close_matches(unknown[0].partition("=")[0], self._option_string_actions, 1, 0.6)
            self.error(f"`{line(unknown[0], 60)}` is not known here{f'; did you mean {near[0]}?' if near else ''}")
        return found, unknown


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line. `route-agent --task …` is `route-agent fix --task …`."""
    parser = _Parser(prog="route-agent", description="Route a fix to a cheap or a strong model by risk, and prove the patch.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _fix(commands.add_parser("fix", help="make and prove a patch for a task; the command taken when only flags are given"))
    _explain(commands.add_parser("explain", help="show signals, score, lane and checks for a task; spends nothing"))
    _demo(commands.add_parser("demo", help="run the main job on a small sample repository, without a key"))
    _doctor(commands.add_parser("doctor", help="look whether everything is there that a run needs; asks each model once"))
    _policy(commands.add_parser("policy", help="check, print and explain policy files"))
    _ledger(commands.add_parser("ledger", help="what past runs say: reports, exports, imports"))
    _init(commands.add_parser("init", help="write policy and workflows for a repository, and say which clicks remain"))
    parser.add_argument("--version", action="version", version=f"route-agent {own_version()}")
    if words and words[0].startswith("-") and words[0] not in ("-h", "--help", "--version"):
        words = ["fix", *words]
    elif words and words[0] not in COMMANDS and not words[0].startswith("-"):
        near = get_close_matches(words[0], COMMANDS, 1, 0.6)
        meant = f"did you mean `{near[0]}`?" if near else f"the commands are {', '.join(COMMANDS)}; a task stands behind --task"
        raise Denied(f"`{line(words[0], 60)}` is no command; {meant}")
    found = parser.parse_args(words)
    if found.command in ("fix", "explain") and found.task is None and found.issue_file is None:
        raise Denied('one of --task and --issue-file is required; add --task "what is wanted, in a sentence or two"')
    return found


def _task(parser: argparse.ArgumentParser) -> None:
    task = parser.add_mutually_exclusive_group()  # `parse` wants one: an unknown flag is said first
    task.add_argument("--task", metavar="TEXT", help="what is wanted, in a sentence or two")
    task.add_argument("--issue-file", metavar="FILE", help="a file that holds the task, for example an issue's text")
    parser.add_argument("--repo", metavar="DIR", default=".", help="the repository (default: the folder you stand in)")
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--base", metavar="REF", help="score the change from REF to HEAD; the patch is made on HEAD")
    change.add_argument("--diff", metavar="FILE", help="score this unified diff; - for standard input")
    parser.add_argument("--label", metavar="NAME", action="append", default=[], help="a label of the issue; may be repeated")
    parser.add_argument("--policy", metavar="FILE", help="the policy (default: .github/route-agent.yml as committed in HEAD)")
    parser.add_argument("--lane", metavar="NAME", help="start in this lane; may raise, lowers only where no rule forbids it")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    parser.add_argument("--no-sandbox", action="store_true", help="run checks without walls: only for code you trust")


def _fix(parser: argparse.ArgumentParser) -> None:
    _task(parser)
    parser.add_argument("--ledger", metavar="FILE", help="where the record goes (default: inside the repository's git folder)")
    parser.add_argument("--exit-code", action="store_true", help="exit 2 unless a patch was proved")


def _explain(parser: argparse.ArgumentParser) -> None:
    _task(parser)


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", metavar="DIR", help="make the sample repository here and keep it")
    parser.add_argument("--no-sandbox", action="store_true", help="run the sample's checks without walls")
    parser.add_argument("--model-url", metavar="URL", help="use real models behind this OpenAI-compatible address")
    parser.add_argument("--fast", metavar="NAME", help="with --model-url: the fast lane's model")
    parser.add_argument("--strong", metavar="NAME", help="with --model-url: the strong lane's model")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", metavar="DIR", default=".", help="the repository (default: the folder you stand in)")
    parser.add_argument("--policy", metavar="FILE", help="the policy (default: .github/route-agent.yml as committed in HEAD)")
    parser.add_argument("--offline", action="store_true", help="ask no model and use no network; spends nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repo", metavar="DIR", default=".", help="the repository (default: the folder you stand in)")
    parser.add_argument("--split", action="store_true", help="the workflow in which no job holds a model's key and may write")
    parser.add_argument(
        "--provider", choices=get_args(Provider), help="whose models (default: by the key that is set, else openrouter)"
    )
    parser.add_argument("--base-url", metavar="URL", help="where they answer; needed for litellm, vllm and openai_compatible")
    parser.add_argument(
        "--action-ref", metavar="REF", help="the commit or tag of route-agent that the workflows call (default: v0)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that differ")
    parser.add_argument("--dry-run", action="store_true", help="write nothing, only say what would be written")
    parser.add_argument(
        "--diff",
        action="store_true",
        help="write nothing, and print as a patch, for the top folder, every line that would be written",
    )


def _policy(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = verbs.add_parser("check", help="say everything that is wrong with a policy file")
    check.add_argument("file", metavar="FILE", nargs="?", default=".github/route-agent.yml")
    verbs.add_parser("schema", help="print the JSON Schema, for editors")
    show = verbs.add_parser("show", help="print a policy file")
    show.add_argument("file", metavar="FILE", nargs="?", default=".github/route-agent.yml")
    show.add_argument("--effective", action="store_true", help="everything that is obeyed, defaults included")
    replay = verbs.add_parser("replay", help="which recorded runs another policy would start elsewhere, and what that changes")
    replay.add_argument("--policy", metavar="NEW", required=True, help="the policy under which they are routed again")
    replay.add_argument("--against", metavar="OLD", help="the policy to compare with (default: the routes as recorded)")
    replay.add_argument("--format", choices=("md", "json"), default="md", help="(default: md)")
    read_from(replay)


def _ledger(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    report = verbs.add_parser("report", help="what the lanes did, cost and were worth, and whether the policy fits")
    read_from(report)
    report.add_argument("--policy", metavar="FILE", help="whose cap for a day is drawn (default: the one committed in HEAD)")
    report.add_argument("--format", choices=("md", "html", "json"), default="md", help="(default: md)")
    report.add_argument("--output", metavar="FILE", help="write it there (default: standard output)")
    _outcome(verbs.add_parser("outcome", help="note what became of the patch of a run that was made on the command line"))
    _export(verbs.add_parser("export", help="runs, attempts, evidence or outcomes as a table for other programs"))
    _import(verbs.add_parser("import", help="add published results of models, kept apart from your runs"))
    drift = verbs.add_parser("drift", help="where the policy no longer fits what happens, and the edit that the runs bear out")
    read_from(drift)
    drift.add_argument("--policy", metavar="FILE", help="the policy (default: .github/route-agent.yml as committed in HEAD)")
    drift.add_argument("--format", choices=("md", "json"), default="md", help="(default: md)")


def read_from(parser: argparse.ArgumentParser) -> None:
    """Which ledgers are read."""
    parser.add_argument("source", metavar="SOURCE", nargs="*", help="a ledger's file, or a folder with a checkout of its branch")
    parser.add_argument(
        "--repo",
        metavar="DIR",
        action="append",
        help="a repository (default, without SOURCE: where you stand); for `report` and `drift` also a name, as acme/shop",
    )
    parser.add_argument("--branch", metavar="NAME", help="the repositories' ledger branch, and nothing else of them")
    parser.add_argument("--since", metavar="DAY", type=_day, help="runs from this day on, as 2026-11-26, or of the last 30d")


def _day(text: str) -> date:
    """A day, or so many days ago."""
    ago = re.fullmatch(r"([1-9]\d{0,3})d", text)
    try:
        return datetime.now(UTC).date() - timedelta(days=int(ago[1])) if ago else date.fromisoformat(text)
    except ValueError:
        raise Denied(f"--since {text} is no day; give one as 2026-11-26, or a number of days as 30d") from None


def _own(parser: argparse.ArgumentParser, what: str) -> None:
    """Which local file is added to."""
    parser.add_argument("--repo", metavar="DIR", default=".", help="the repository (default: the folder you stand in)")
    parser.add_argument("--ledger", metavar="FILE", help=f"where the {what} (default: inside the repository's git folder)")


def _outcome(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="the run's id, as its report and its branch name it")
    parser.add_argument("what", choices=get_args(What), help="what became of it")
    parser.add_argument("--lines", metavar="N", type=_count, help="lines that people changed before they merged; 0 for as it was")
    parser.add_argument("--pull", metavar="N", type=_count, help="the number of its pull request, where there is one")
    parser.add_argument("--at", metavar="TIME", help="when, as 2026-11-26T14:30:00Z (default: now)")
    _own(parser, "run's record is")


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="SWE-bench's per_instance_details or leaderboards.json, or a CSV")
    parser.add_argument("--source", metavar="TEXT", help="where they were published (default: the file's name)")
    parser.add_argument(
        "--lane-model",
        metavar="LANE=MODEL",
        action="append",
        default=[],
        help="only this model's, as those of a lane; may be repeated",
    )
    _own(parser, "lines go")


def _export(parser: argparse.ArgumentParser) -> None:
    read_from(parser)
    parser.add_argument(
        "--format", choices=get_args(Format), default="csv", help="(default: csv; parquet needs the extra of that name)"
    )
    parser.add_argument("--what", choices=get_args(Rows), default="runs", help="what has a row each (default: runs)")
    parser.add_argument("--output", metavar="FILE", help="write it there (default: standard output)")


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise Denied(f"{text[:40]} is no number; give a whole one from 0 on")
    return int(text)


@dataclass(frozen=True, slots=True)
class Desired:
    """One main job, as the command line or the demo asks for it."""

    repo: Path
    task: str
    policy: bytes | None
    """A policy of the caller's; the one committed in HEAD where there is none."""
    policy_name: str
    labels: tuple[str, ...] = ()
    lane: str | None = None
    base: str | None = None
    diff: str | None = None
    ledger: Path | None = None
    sandbox: bool = True


def desired(words: argparse.Namespace) -> Desired:
    """From what was typed. Raises `Denied` for files that cannot be read."""
    task = _file(words.issue_file, "--issue-file").decode(errors="replace") if words.issue_file else words.task
    if not task.strip() or len(task) > MOST_TASK:
        raise Denied(f"the task is empty or longer than {MOST_TASK} characters; say in a sentence or two what is wanted")
    diff = None
    if words.diff is not None:
        raw = sys.stdin.buffer.read() if words.diff == "-" else _file(words.diff, "--diff")
        diff = raw.decode(errors="surrogateescape")
    return Desired(
        repo=Path(words.repo),
        task=task,
        policy=_file(words.policy, "--policy") if words.policy else None,
        policy_name=words.policy or POLICY,
        labels=tuple(words.label),
        lane=words.lane,
        base=words.base,
        diff=diff,
        ledger=Path(words.ledger) if getattr(words, "ledger", None) else None,
        sandbox=not words.no_sandbox,
    )


def _file(name: str, flag: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Denied(f"{flag} {name} cannot be read: {error.strerror}") from None
