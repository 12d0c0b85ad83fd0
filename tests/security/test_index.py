"""The index of attacks is whole, its page says what is so, and a defence that is switched off is missed."""

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.attacks import CHECKLIST, ELSEWHERE, INCIDENTS, ROOT, Attack, Off, Played, off, played
from tests.security.switched_off import Finding, Stale, copied, switch, unmissed

PAGE = ROOT / "docs" / "attacks.md"
SAMPLE = 6
"""So many defences are switched off in each run, others for each state of the code; `python3 dev.py attacks` does all."""
HEAD = """# What has been tried

Each attack is played by a test, through the outermost door it can come in by; `python3 dev.py attacks` switches each defence off
in a copy of the code, and wants the test to turn red. "Nothing runs …": no code of ours would do what is tried, so the copy is
given what others do, and has to turn red likewise. This page is made from the tests (`UPDATE_GOLDEN=1 python -m pytest
tests/security/test_index.py`); [security.md](security.md) says what follows from them.

Every story on GitHub holds a key of its own in each slot that has one: the token, each provider's input, `api-key-env`, a
collector's headers, the runner's own. Its servers repeat what they were sent to be let in. At its end none of the keys may stand in
anything that was said, sent, written or pushed: whole or in part, in base64, hexadecimal, percent-encoded, backwards, or split at
ends of lines.

What nothing here holds:

- A process that runs as the same user outside the sandbox can read what the bot was started with in `/proc/<its number>/environ`:
  an earlier step's leftover in the same job, say. The sandbox has processes of its own; `--no-sandbox` has not.
- A `propose` job that has been taken over can do whatever its own token and key can do; the template gives it a token that reads.
- A gateway knows the key that it is sent, and can tell it to whom it likes. What it writes back is not acted on where it holds it.
- A secret that the repository's own CI prints, and GitHub does not mask, is known to the bot by its shape alone.

| attack | defence | test |
|---|---|---|
"""


def test_every_attack_and_every_incident_is_played_by_a_test():
    named = {what for each in played() for what in each.attack.what}
    assert named == set(CHECKLIST) | set(INCIDENTS)


def test_an_incident_s_test_bears_its_name():
    for what in set(INCIDENTS) - set(ELSEWHERE):
        assert any(each.test.startswith(f"test_{what}") for each in played() if what in each.attack.what), what


@pytest.mark.parametrize(("module", "test", "_off"), ELSEWHERE.values())
def test_what_is_played_elsewhere_is_there(module, test, _off):
    assert f"def {test}(" in (ROOT / f"{module.replace('.', '/')}.py").read_text()


def page() -> str:
    found: dict[str, list[Played]] = {}
    for each in played():
        for what in each.attack.what:
            found.setdefault(what, []).append(each)
    rows = [_row(what, text, found.get(what, [])) for what, text in (CHECKLIST | INCIDENTS).items()]
    return HEAD + "".join(rows)


def _row(what: str, text: str, tests: list[Played]) -> str:
    offs = dict.fromkeys(each.shown for one in tests for each in one.attack.offs)
    nodes = dict.fromkeys(each.node for each in tests)
    shown = (
        f"[{node.rpartition('::')[2].removeprefix('test_').replace('_', ' ')}](../{node.partition('::')[0]})" for node in nodes
    )
    return f"| {text} | {', '.join(offs)} | {'; '.join(shown)} |\n"


def test_the_page_says_what_the_tests_play():
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


# ---- defences switched off -----------------------------------------------------------------------------------------


def _state() -> str:
    whole = hashlib.sha256()
    for path in sorted((ROOT / "bot").rglob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()


def test_a_sample_of_the_defences_is_missed_when_it_is_switched_off():
    whole = played()
    assert [str(each) for each in unmissed(random.Random(_state()).sample(whole, SAMPLE))] == []  # noqa: S311 - no secret


def test_each_defence_that_is_named_can_be_switched_off(tmp_path):
    """Whether its test misses it, a sample shows; that it is there under its name, and what is left is Python, shows at once."""
    tree, wrong = tmp_path / "tree", []
    copied(tree)
    for each in played():
        changed: list[Path] = []
        try:
            changed.extend(switch(tree, one) for one in each.attack.offs)
            wrong += [f"{each.node}: {flaw}" for flaw in flaws(changed)]
        except Stale as stale:
            wrong.append(f"{each.node}: {stale}")
        for path in changed:
            path.write_text((ROOT / path.relative_to(tree)).read_text())
    assert wrong == []


def flaws(changed: list[Path]) -> list[str]:
    """Syntax that is none, and names that nothing gives, in the Python among these files."""
    words = [
        str(Path(sys.executable).with_name("ruff")),
        "check",
        "--isolated",
        "--quiet",
        "--select=F821",
        "--output-format=concise",
    ]
    python = [str(path) for path in changed if path.suffix == ".py"]
    return subprocess.run([*words, *python], capture_output=True, text=True, check=False).stdout.splitlines() if python else []


QUICK = ("tests.security.test_runner", "test_modules_of_the_workspace_do_not_stand_in_for_the_bot_s_own")


def tried(*offs: Off) -> list[Finding]:
    return unmissed([Played(*QUICK, Attack((), offs))])


def test_a_defence_that_nothing_misses_and_one_that_is_not_there_are_found():
    (idle,) = tried(off("bot.core.ci._told", "return True"))
    assert idle.why == "the test stays green"
    for gone in (off("bot.core.ci.gone", "pass"), off("bot.core.ci._told", cut=("nowhere", "x")), off("bot.gone.x", "1")):
        (stale,) = tried(gone)
        assert stale.why.startswith(("there is no ", "`nowhere` stands 0 times"))


def test_a_copy_that_is_broken_shows_nothing():
    (broken,) = tried(off("tests/security/test_runner.py", cut=("    assert flags\n", "    raise KeyError\n")))
    assert broken.why.startswith("it fails at something else: KeyError")
