"""Changed files broken on purpose: tests that stay green do not run them. For files in which nobody counts executed lines."""

from bot.core.checks import Check, Run
from bot.core.evidence import REACHES, Item

CANARY = "route-agent canary"
_POISON = {
    "py": f'raise RuntimeError("{CANARY}")\n',
    "js": f'throw new Error("{CANARY}");\n',
    "rb": f'raise "{CANARY}"\n',
    "sh": "exit 97\n",
    "go": f"{CANARY}\n",
    "rs": f'compile_error!("{CANARY}");\n',
}
_ENDINGS = {
    "pyi": None,
    "mjs": "js",
    "cjs": "js",
    "jsx": "js",
    "ts": "js",
    "tsx": "js",
    "mts": "js",
    "cts": "js",
    "bash": "sh",
}


def poison(path: str, text: str) -> str | None:
    """The file, broken so that loading it fails; None for a kind of file that we cannot break in a way a runner must see."""
    ending = path.rpartition(".")[2].lower()
    broken = _POISON.get(_ENDINGS.get(ending, ending) or "")
    if broken is None:
        return None
    if text.startswith("#!"):
        first, _, rest = text.partition("\n")
        return f"{first}\n{broken}{rest}"
    return broken + text


def reached(check: Check, patched: Run, poisoned: Run) -> Item:
    """Whether the tests load the changed files at all: with those files broken on purpose, they must go red."""
    name = f"{check.name} {REACHES}"
    ended = poisoned.report is None and patched.report is not None
    if ended or poisoned.exit_code not in (0, patched.exit_code):
        return Item(name, "passed", "info", "the changed files, broken on purpose, turn it red", poisoned.seconds)
    before = set(patched.report.failed) if patched.report else set()
    if poisoned.report is not None and set(poisoned.report.failed) - before:
        return Item(name, "passed", "info", "the changed files, broken on purpose, turn it red", poisoned.seconds)
    return Item(
        name,
        "failed",
        "weak",
        "stays green with the changed files broken on purpose: it never runs them",
        poisoned.seconds,
    )
