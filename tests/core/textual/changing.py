"""A changed file from its two texts, as the verifier hands it on: the diff is made by a real differ and read by our parser."""

import difflib

from bot.core.changed import Changed
from bot.core.diff import parse
from bot.core.textual.finding import Finding
from bot.core.textual.tampering import tampering


def changed(path: str, before: str | None, after: str | None) -> Changed:
    old, new = (before or "").splitlines(keepends=True), (after or "").splitlines(keepends=True)
    names = ("/dev/null" if before is None else f"a/{path}", "/dev/null" if after is None else f"b/{path}")
    mode = "new file mode 100644\n" if before is None else "deleted file mode 100644\n" if after is None else "index 1..2 100644\n"
    rows = [
        row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in difflib.unified_diff(old, new, *names)
    ]
    return Changed(path, before, after, parse(f"diff --git a/{path} b/{path}\n{mode}{''.join(rows)}").files[0])


def said(*changes: Changed, shown: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    """Kind and gravity of what `tampering` finds."""
    return {(finding.kind, finding.grave) for finding in tampering(changes, shown)}


def found(*changes: Changed, shown: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    return tampering(changes, shown)
