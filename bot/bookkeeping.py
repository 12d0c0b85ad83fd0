"""What a person adds to a local ledger: what became of a patch, and results that others have published. Nothing is rewritten."""

from argparse import Namespace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

from bot.core.clean import line
from bot.core.imported import Imported
from bot.core.instant import written
from bot.core.ledger import Record
from bot.core.outcome import Outcome
from bot.core.past.lives import SKEW
from bot.core.past.publications import Unpublished, published
from bot.edge.git.repository import find
from bot.edge.store import Lines
from bot.ledgers import IMPORTED, OWN
from bot.ports import Denied, Renderer

MOST = 200_000_000
"""Bytes of a file with published results."""

NEAR = 0.75
"""How alike an id has to be to what was typed, to be what was meant: ids of ten letters at random are half as much."""


def outcome(words: Namespace, by: str, path: str, now: datetime, render: Renderer) -> str:
    """Note what became of a run's patch, once, and say so. `by` is who says it. Raises `Denied` with the remedy."""
    place = _place(words, OWN, path)
    lines, run = Lines(place), words.run
    known = list(lines.lines())
    record = next((item for item in reversed(known) if isinstance(item, Record) and item.id == run), None)
    if record is None:
        raise Denied(_no_run(run, place, [item.id for item in known if isinstance(item, Record)]))
    if record.branch is None:
        raise Denied(_no_patch(record))
    if words.lines is not None and words.what != "merged":
        raise Denied(f"--lines counts what people changed before they merged, and {words.what} is no merge; leave it out")
    made = Outcome(run, _instant(words.at, record, now), words.what, by, words.pull, words.lines)
    last = next((item for item in reversed(known) if isinstance(item, Outcome) and item.run == run), None)
    again = last is not None and words.at is None and (last.what, last.lines, last.pull) == (made.what, made.lines, made.pull)
    fresh = 0 if again else lines.add((made,))
    return render("terminal/outcome.j2", outcome=last if again else made, fresh=bool(fresh), ledger=str(place))


def imported(words: Namespace, path: str, render: Renderer) -> str:
    """Add published results to a file beside the local ledger, and say what was added. Raises `Denied` with the place."""
    file = Path(words.file)
    try:
        data = file.read_bytes() if file.stat().st_size <= MOST else None
        text = data.decode("utf-8-sig") if data is not None else None
    except OSError as error:
        raise Denied(f"{file} cannot be read ({error.strerror}); give a file with published results") from None
    except UnicodeDecodeError as error:
        raise Denied(f"{file} is no text of UTF-8 (byte {error.start}); give published results as JSON or CSV") from None
    if text is None:
        raise Denied(f"{file} has more than {MOST:,} bytes; split it")
    try:
        found = published(text, words.source or file.name, _lanes(words.lane_model))
    except Unpublished as error:
        raise Denied(f"{file}: {error}") from None
    if not found:
        raise Denied(f"{file} has no result of a single task; a leaderboard's sums are not imported")
    place = _place(words, IMPORTED, path)
    fresh = Lines(place).add(found)
    return render("terminal/imported.j2", models=_counts(found), old=len(found) - fresh, fresh=fresh, ledger=str(place))


def _counts(found: tuple[Imported, ...]) -> list[tuple[str, str, str | None, int, int]]:
    """By source and model: the lane, the tasks, and how many of them were resolved."""
    groups: dict[tuple[str, str, str | None], list[Imported]] = {}
    for each in found:
        groups.setdefault((each.source, each.model, each.lane), []).append(each)
    return [(*key, len(group), sum(each.result == "resolved" for each in group)) for key, group in groups.items()]


def _lanes(pairs: list[str]) -> dict[str, str]:
    """By model, from what was typed as LANE=MODEL."""
    made: dict[str, str] = {}
    for pair in pairs:
        lane, _, model = pair.partition("=")
        if not lane or not model or model in made:
            raise Denied(
                f"--lane-model {line(pair, 80)} is no LANE=MODEL, or its model has a lane already; give each model one lane"
            )
        made[model] = lane
    return made


def _place(words: Namespace, own: Path, path: str) -> Path:
    return Path(words.ledger) if words.ledger else find(Path(words.repo).absolute(), path).common_dir / own


def _no_run(run: str, place: Path, known: list[str]) -> str:
    near = get_close_matches(run, known, 1, NEAR)
    if near:
        hint = f"the nearest that it has is {near[0]}"
    elif known:
        hint = f"`route-agent ledger export --format csv {place}` lists those that it has"
    else:
        hint = "it has none; give the one with it by --ledger or --repo"
    return f"{place} has no record of a run `{line(run, 60)}`; {hint}"


def _no_patch(record: Record) -> str:
    why = f" ({line(record.detail, 200)})" if record.detail else ""
    return f"run {record.id} came to `{record.result}`{why} and left no branch with a patch; note what became of a run that has one"


def _instant(text: str | None, record: Record, now: datetime) -> str:
    """As the ledger writes it. Raises `Denied` for what is no time, is yet to come, or was before the run."""
    if text is None:
        return written(now)
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Denied(f"--at {line(text, 40)} is no time; give one as 2026-11-26T14:30:00Z, or a day as 2026-11-26") from None
    begun = datetime.fromisoformat(record.at).astimezone(UTC)
    day = len(text) == len("2026-11-26")
    if at > now + SKEW or at < begun - (timedelta(days=1) if day else timedelta(0)):
        raise Denied(f"--at {line(text, 40)} is not between the run, {record.at}, and now; give when it happened")
    return written(at)
