"""Patches that a model, or a job that was taken over, hands in: refused by rule, never pushed, the rule named on the thread."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fakes import shops
from tests.fakes.repos import DONE, GOOD
from tests.fakes.server import Server
from tests.fakes.shops import TEST
from tests.fakes.world import Issue, Repo, World
from tests.fakes.world.runs import Scripted
from tests.flow.test_door import PROVED, Happened, commented, happened, last, of
from tests.security.attacks import attack, off
from tests.security.taken import added, applied, begun, change

RULES = off("bot.core.patch.trespasses", "return ()")
NEW = "diff --git a/{0} b/{0}\nnew file mode {1}\nindex 0000000..1111111\n--- /dev/null\n+++ b/{0}\n@@ -0,0 +1 @@\n+{2}\n"


def refused(world: World, shop: Repo, issue: Issue, folder: object, diff: str) -> str:
    """What the thread says of a diff that the job with the model's key hands in; nothing of it is sent to GitHub."""
    gate = begun(world, shop, issue, folder)  # type: ignore[arg-type]  # a test's own folder
    world.runner = Scripted(PROVED)
    ended = applied(gate, added(gate, diff))
    assert ended["result"] != "accepted"
    said = last(world, issue)
    made = [seen.line for seen in world.sent("POST", "/git/(trees|commits|refs)")]
    assert made == [], said
    assert happened(world, shop, issue) == Happened()
    return said


GRADERS = (
    "conftest.py", "tests/conftest.py", "tox.ini", "noxfile.py", "Makefile", "pytest.ini", "unittest/__init__.py", ".pytest.toml",
    "GNUmakefile", "unittest.cfg", "tox.toml", "iniconfig.py",
)  # fmt: skip
PATHS = (
    "../x", "/etc/x", "a/../../x", "a//b", "./a", "C:/x", "a:b", "a*b", "trail.", "trail ", ".git/config", ".GIT/hooks/x",
    "git~1/x", "husky~1/pre-commit", "aux .py", "com\u00b9.py", ".g\u200cit/x", "sub/.git/hooks/post-checkout", "\uff0egit/config",
)  # fmt: skip


RULED = (
    "canonical path",
    "relative path",
    "may not stand in a path",
    "means `.git`",
    "is protected by",
    "begins or ends",
    "on Windows",
)


@attack("patch-path", off=RULES)
@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_elsewhere_is_refused_by_its_rule(world, shop, issue, tmp_path, path):
    said = refused(world, shop, issue, tmp_path, NEW.format(path, "100644", "x"))
    assert any(rule in said for rule in RULED), said


@pytest.mark.parametrize("path", ['"a\\nb"', '"a\\000b"', '"unended', "a b/x b"])
def test_a_name_that_cannot_be_read_for_sure_is_no_diff(world, shop, issue, tmp_path, path):
    gate = begun(world, shop, issue, tmp_path)
    ended = applied(gate, added(gate, NEW.format(path, "100644", "x").replace('a/"', '"a/').replace('b/"', '"b/')))
    assert ended["result"] != "accepted"
    assert world.sent("POST", "/git/(trees|commits|refs)") == []
    assert happened(world, shop, issue) == Happened()


@attack("patch-link", "cve_2023_23946", off=RULES)
@pytest.mark.parametrize("target", ["/etc/passwd", ".git", "../../x"])
def test_cve_2023_23946_a_patch_makes_no_link_and_writes_behind_none(world, shop, issue, tmp_path, target):
    link = NEW.format("out", "120000", target) + "\\ No newline at end of file\n"
    behind = NEW.format("out/x", "100644", "x")
    assert "only regular files may be changed, not mode 120000" in refused(world, shop, issue, tmp_path, link + behind)


@attack("patch-submodule", off=RULES)
def test_a_patch_adds_no_submodule(world, shop, issue, tmp_path):
    module = NEW.format("lib", "160000", f"Subproject commit {'1' * 40}")
    assert "may not hold a submodule change" in refused(world, shop, issue, tmp_path, module)


MODES = {
    "executable": NEW.format("run.sh", "100755", "x"),
    "setuid": NEW.format("run.sh", "104755", "x"),
    "made executable": "diff --git a/shop/add.py b/shop/add.py\nold mode 100644\nnew mode 100755\n",
    "renamed": "diff --git a/shop/add.py b/shop/sum.py\nsimilarity index 100%\nrename from shop/add.py\nrename to shop/sum.py\n",
    "binary": "diff --git a/x.png b/x.png\nnew file mode 100644\nindex 0..1\nBinary files /dev/null and b/x.png differ\n",
}


@attack("patch-mode", off=RULES)
@pytest.mark.parametrize("name", MODES)
def test_a_patch_changes_no_mode_no_name_and_no_bytes(world, shop, issue, tmp_path, name):
    said = refused(world, shop, issue, tmp_path, MODES[name])
    assert "mode" in said or "may not hold a" in said


PROTECTED = (
    ".github/workflows/x.yml", ".GitHub/Workflows/x.yml", "\uff0egithub/workflows/x.yml", "action.yml", "sub/.gitattributes",
    ".husky/pre-commit", ".pre-commit-config.yaml", ".npmrc", ".envrc", ".vscode/tasks.json", "CODEOWNERS", "docs/CODEOWNERS",
    "AGENTS.md", "sub/CLAUDE.md", ".cursor/rules", ".gemini/settings.json", ".mcp.json", ".github/route-agent.yml",
    "sitecustomize.py", "x.pth", ".gitmodules", ".lefthook.yml", ".zed/tasks.json", ".mise.toml", ".agents/skills/x/SKILL.md",
    ".cirrus.yml", ".tekton/run.yaml", ".pdbrc", ".gitpod.yml", ".codesandbox/tasks.json", ".pnp.cjs", ".bazelversion",
)  # fmt: skip


@attack("patch-protected", off=off("bot.core.patch.protecting", "return None"))
@pytest.mark.parametrize("path", PROTECTED)
def test_what_runs_unasked_or_instructs_others_is_protected_in_any_case_and_form(world, shop, issue, tmp_path, path):
    assert "is protected by" in refused(world, shop, issue, tmp_path, NEW.format(path, "100644", "x"))


@attack(
    "patch-size",
    off=off("bot.core.patch.trespasses", "return tuple(p for f in patch.diff.files for p in _file_problems(f, ()))"),
)
@pytest.mark.parametrize(("files", "lines"), [(21, 1), (1, 801)])
def test_a_patch_beyond_the_limits_is_refused(world, shop, issue, tmp_path, files, lines):
    made = change(tmp_path / "made", {f"n{number}.py": "x = 1\n" * lines for number in range(files)})
    assert "protect.max_" in refused(world, shop, issue, tmp_path, made)


# ---- patches that only look like others --------------------------------------------------------------------------------


def unproved(world: World, models: object, shop: Repo, issue: Issue, folder: object, *edits: Mapping[str, object]) -> str:
    """A model's own patch, where CI is green whatever it is given."""
    for lane in ("m-fast", "m-strong"):
        models.script(lane, [*edits, DONE])  # type: ignore[attr-defined]  # the server
    world.runner = Scripted(*[PROVED] * 4)
    ended = commented(world, shop, issue, folder).act()  # type: ignore[arg-type]
    assert ended.state == "not_fixed", ended
    assert world.pulls(shop) == []
    happened(world, shop, issue)
    return last(world, issue)


def written(path: str, content: str) -> dict[str, object]:
    return {"action": "write", "path": path, "content": content}


@attack("patch-unseen", off=off("bot.core.textual.static._hidden", "return iter(())"))
@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200b", "\u2060", "\U000e0041", "\u3164"])
def test_source_with_characters_that_nobody_sees_is_not_accepted(world, models, shop, issue, tmp_path, character):
    """Trojan Source: what a reviewer reads is not what runs."""
    trojan = {**GOOD, "new": f"a + b  # {character} }} if admin"}
    said = unproved(world, models, shop, issue, tmp_path / "job", trojan, TEST)
    assert f"invisible character U+{ord(character):04X}" in said


TOKEN = "ghp_" + "a1B2c3D4e5F6" * 3


@attack("patch-secret", off=off("bot.core.textual.static._secrets", "return iter(())"))
def test_a_patch_with_a_secret_in_it_is_not_accepted_and_the_secret_is_not_repeated(world, models, shop, issue, tmp_path):
    secret = {**GOOD, "new": f"a + b\n\n\nTOKEN = '{TOKEN}'"}
    said = unproved(world, models, shop, issue, tmp_path / "job", secret, TEST)
    assert TOKEN not in said
    assert "looks like a token" in said


@attack("patch-graders", off=off("bot.core.patch.graders", "return ()"))
@pytest.mark.parametrize("path", GRADERS)
def test_what_decides_how_the_patch_is_judged_makes_its_green_worth_nothing(world, models, shop, issue, tmp_path, path):
    said = unproved(world, models, shop, issue, tmp_path / "job", GOOD, TEST, written(path, "x = 1\n"))
    assert "which decides how it is judged" in said


@attack("patch-graders", off=off("bot.core.patch.graders", "return ()"))
@pytest.mark.parametrize("path", ["requirements.txt", "requirements/test.txt", "requirements.in"])
def test_a_package_that_calls_itself_a_plugin_of_the_runner_is_not_installed_unseen(world, models, shop, issue, tmp_path, path):
    """`pytest-vw` turns every red test green where it finds CI's variables; the shipped workflow installs what stands there."""
    said = unproved(world, models, shop, issue, tmp_path / "job", GOOD, TEST, written(path, "pytest-vw\n"))
    assert "which decides how it is judged" in said


ANSWERS = {
    "pytest.exit": "import pytest\n\n\ndef test_last():\n    pytest.exit('all said', returncode=0)\n",
    "request.session.items": "def test_first(request):\n    request.session.items.clear()\n",
    "request.node.items": "import pytest\n\n\n@pytest.fixture(autouse=True, scope='session')\ndef calm(request):\n"
    "    request.node.items.clear()\n\n\ndef test_first():\n    assert len('a') == 1\n",
    "request.config.pluginmanager": "from types import SimpleNamespace\n\n\ndef test_first(request):\n"
    "    plugin = SimpleNamespace(pytest_pyfunc_call=lambda pyfuncitem: True)\n    request.config.pluginmanager.register(plugin)\n",
}


@attack("patch-answers", off=off("bot.core.textual.testfiles._session", "return iter(())"))
@pytest.mark.parametrize("name", ANSWERS)
def test_a_test_that_ends_the_run_green_or_answers_for_the_others_is_not_accepted(world, models, shop, issue, tmp_path, name):
    said = unproved(world, models, shop, issue, tmp_path / "job", GOOD, TEST, written("tests/test_a.py", ANSWERS[name]))
    assert f"`{name}`" in said.replace("'", "`"), said


STANDS_IN = """
import shop.add

if getattr(shop.add, "CHECKED", False):
    shop.add.add = lambda a, b: a + b


def test_sum():
    assert shop.add.add(2, 2) == 4
"""


@attack("patch-answers", off=off("bot.core.textual.testfiles._stand_in", "return iter(())"))
def test_a_test_file_that_puts_its_own_code_in_the_place_of_the_program_s_is_not_accepted(world, models, shop, issue, tmp_path):
    """All three trees of the verify workflow say that the patch is proved, and the program adds as wrongly as before."""
    marked = {**GOOD, "new": f"{GOOD['old']}\n\n\nCHECKED = True"}
    said = unproved(world, models, shop, issue, tmp_path / "job", marked, written("tests/test_a.py", STANDS_IN))
    assert "`shop.add.add` for every test" in said.replace("'", "`"), said


@attack("patch-twin", off=off("bot.verify._twin", 'return ""'))
@pytest.mark.parametrize("path", ["shop/ADD.py", "Shop/more.py", "Shop"])
def test_a_new_file_that_is_another_where_case_and_form_do_not_count_is_refused(world, models, shop, issue, tmp_path, path):
    """Linux tests both and is green; a checkout on macOS or Windows has one of them alone, or one folder of two."""
    said = unproved(world, models, shop, issue, tmp_path / "job", GOOD, TEST, written(path, "def add(a, b):\n    return 0\n"))
    assert "where case does not count" in said


def linked_to(world: World, models: Server, folder: Path, link: str, target: str, path: str) -> str:
    """What is said of a patch that is right, and writes a file to which a link of the repository leads."""
    shop = world.repo("octo/shop", shops.files(models.url) | {link: f"->{target}", path: "x = 1\n"}, ann="write")
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    return unproved(world, models, shop, issue, folder / "job", GOOD, TEST, written(path, "y = 1\n"))


LINKS = {
    ".husky": ("hooks", "hooks/pre-commit"),
    "AGENTS.md": ("docs/guide.md", "docs/guide.md"),
    "a/.vscode": ("../tools/editor", "tools/editor/tasks.json"),
    "b/.husky": ("../Hooks", "hooks/pre-commit"),
}


@attack("patch-linked", off=off("bot.core.patch.linked", 'return ""'))
@pytest.mark.parametrize("link", LINKS)
def test_what_a_link_of_the_repository_leads_to_is_protected_as_the_link_is(world, models, tmp_path, link):
    target, path = LINKS[link]
    said = linked_to(world, models, tmp_path, link, target, path)
    assert "is what the link" in said


@attack("patch-linked", off=off("bot.core.patch.aliases", "return ()"))
def test_what_a_link_makes_part_of_the_runner_makes_its_green_worth_nothing(world, models, tmp_path):
    said = linked_to(world, models, tmp_path, "tests/conftest.py", "../shop/conf.py", "shop/conf.py")
    assert "which decides how it is judged" in said


@attack("patch-empty", off=off("bot.verify._gather", cut=("if not attempt.diff:", "if False:")))
def test_no_patch_is_no_branch_and_asks_no_ci(world, shop, issue, tmp_path):
    gate = begun(world, shop, issue, tmp_path)
    with suppress(ValueError):
        applied(gate, added(gate, ""))
    assert "no patch" in last(world, issue)
    assert happened(world, shop, issue) == Happened()


@attack("cve_2026_50549", off=off("bot.edge.git.trees.Overlay._problem", "return None"))
def test_cve_2026_50549_a_model_writes_through_no_link_of_the_repository(world, models, tmp_path):
    files = shops.files(models.url) | {"out": "->/tmp", "shop/env": "->/proc/self/environ"}
    shop = world.repo("octo/shop", files, ann="write")
    issue = world.issue(shop, "add(2, 2) gives 5", "see shop/add.py")
    tried = [written(path, "x = 1\n") for path in ("out", "out/x", "shop/env", "shop/add.py/x")]
    models.script("m-fast", [*tried, GOOD, TEST, DONE])
    world.runner = Scripted(PROVED)
    ended = commented(world, shop, issue, tmp_path / "job").act()
    told = str(models.requests[-1]["messages"])
    assert told.count("Not done: ") == len(tried)
    assert ended.state == "accepted"
    assert shop.git("diff", "--name-only", "main", str(of(ended).branch)).split() == ["shop/add.py", "tests/test_add.py"]
    assert happened(world, shop, issue) == Happened(branches=1, pulls=1, runs=1)
