"""What no patch may touch, and how big it may be: attacks by path, mode and size."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.diff import DiffError
from bot.core.guarded import HIDDEN_PATHS, PROTECTED
from bot.core.patch import MOST_NAMES, Patch, aliases, graders, hidden, linked, parse, path_problem, protecting, shown, trespasses

TEXT = "diff --git a/{0} b/{0}\nindex 1..2 100644\n--- a/{0}\n+++ b/{0}\n@@ -1 +1 @@\n-1\n+2\n"
NEW = "diff --git a/{0} b/{0}\nnew file mode {1}\n--- /dev/null\n+++ b/{0}\n@@ -0,0 +1 @@\n+1\n"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (NEW.format("x", "120000"), "not mode 120000"),
        ("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "may not change or set file modes"),
        (NEW.format("x", "100755"), "may not change or set file modes"),
        ("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", "renamed change"),
        ("diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n", "binary change"),
        (NEW.format("m", "160000").replace("+1\n", "+Subproject commit 1\n"), "submodule change"),
        (TEXT.format("secret/x.py"), "is protected by `secret/`"),
    ],
)
def test_a_patch_rule_names_the_path_and_the_rule(text: str, rule: str):
    assert any(rule in problem for problem in trespasses(parse(text), ("secret/",), 20, 800))


def test_a_plain_patch_within_limits_breaks_no_rule_and_one_beyond_them_does():
    patch = parse(TEXT.format("src/a.py") + TEXT.format("src/b.py"))
    assert trespasses(patch, (), 2, 4) == ()
    assert trespasses(patch, (), 1, 3) == (
        "2 files changed; protect.max_files is 1",
        "4 lines changed; protect.max_lines is 3",
    )


@pytest.mark.parametrize("text", ["", "no diff at all", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1 @@\n-1\n"])
def test_of_what_is_no_diff_nothing_is_shown(text: str):
    assert shown(text) == ""


def test_of_a_diff_that_part_is_shown_whose_file_is():
    free, closed = TEXT.format("src/a.py"), TEXT.format("certs/a.pem")
    assert shown(closed + free + closed) == free


def example(rule: str) -> str:
    return f"{rule.removeprefix('**/')}{'x' if rule.endswith('/') else ''}".replace("*", "x")


EXAMPLES = [example(rule) for rule in PROTECTED]
HIDDEN = [example(rule) for rule in HIDDEN_PATHS if not rule.startswith("!")]


@pytest.mark.parametrize("path", EXAMPLES)
def test_what_is_protected_is_so_in_any_folder_case_and_unicode_form(path: str):
    for form in (
        path,
        path.upper(),
        path.title(),
        "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c != "/" else c for c in path),
    ):
        assert protecting(form, ()), form
        assert protecting(f"deep/down/{form}", ()), form


@pytest.mark.parametrize("path", HIDDEN)
def test_what_is_hidden_is_so_in_any_folder_and_case(path: str):
    for form in (path, path.upper(), f"deep/down/{path}"):
        assert hidden(form), form


@pytest.mark.parametrize(
    "name",
    ["prod.env", ".env.local", "secrets.json", "secrets.toml", "secrets.yml", "secrets.yaml", "kubeconfig", "prod.kubeconfig"],
)
def test_names_that_teams_give_to_what_holds_their_secrets_are_hidden(name: str):
    """Written out: a list that is tested by its own entries loses one unseen."""
    for form in (name, name.upper(), f"deep/down/{name}"):
        assert hidden(form), form


@pytest.mark.parametrize("name", [".env.example", ".env.sample", ".env.template", "env.py", "secrets.py", "kubeconfig.go"])
def test_examples_and_code_of_such_names_are_shown(name: str):
    assert not hidden(name)
    assert not hidden(f"deep/down/{name}")


def test_a_folder_s_rule_holds_in_nested_projects_too():
    for path in ("sub/.github/workflows/x.yml", "a/b/.git/hooks/x", "pkg/.husky/pre-push", "pkg/.claude/settings.json"):
        assert protecting(path, ()), path


@pytest.mark.parametrize("path", ["src/github/x.py", "docs/agents.md.txt", "env.py", "my.gitattributes.md", "src/action.py"])
def test_what_only_looks_protected_is_free(path: str):
    assert protecting(path, ()) is None


NAMES = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["..", ".", ".git", "GIT~1", ".g\u200dit", "a:b", "con ", "x.", "\uff0egit", "a\\b", "\x7f"]
)


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_path_without_a_problem_is_canonical_and_stays_below_the_tree(parts: list[str]):
    path = "/".join(parts)
    if path_problem(path) is not None:
        return
    assert not path.startswith("/")
    assert all(part not in ("", ".", "..") for part in path.split("/"))
    assert not set(path) & set('\\:*?"<>|\0\n')
    assert all(unicodedata.normalize("NFKC", part).casefold() != ".git" for part in path.split("/"))


@given(st.text(st.sampled_from('diff -git a/x b/\n+-@@ 0123,renamodewile.\\"\t'), max_size=300))
def test_whatever_the_text_it_is_a_patch_or_no_diff(text: str):
    for whole in (text, TEXT.format("a.py") + text):
        try:
            patch = parse(whole)
        except DiffError:
            continue
        trespasses(patch, (), 20, 800)
        assert len(patch.digest) == 12


@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.lists(st.sampled_from("abcdef"), max_size=30))
def test_lines_are_counted_as_they_stand(removed: list[str], added: list[str]):
    if not removed and not added:
        return
    hunk = f"@@ -1,{len(removed)} +1,{len(added)} @@\n" if removed else f"@@ -0,0 +1,{len(added)} @@\n"
    body = "".join(f"-{line}\n" for line in removed) + "".join(f"+{line}\n" for line in added)
    patch = parse("diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n" + hunk + body)
    (file,) = patch.diff.files
    assert (file.added, file.removed) == (len(added), len(removed))
    assert patch.diff.lines == len(added) + len(removed)


def test_a_policys_own_negation_takes_nothing_from_the_built_in_rules():
    assert protecting(".github/workflows/x.yml", ("!.github/",)) == ".github/"
    assert protecting("docs/secret.md", ("docs/", "!docs/open.md")) == "docs/"
    assert protecting("docs/open.md", ("docs/*", "!docs/open.md")) is None


@pytest.mark.parametrize(
    "path",
    [
        ".buildkite/x.yml",
        "bitbucket-pipelines.yml",
        ".drone.yml",
        "lefthook.yml",
        ".githooks/pre-push",
        ".codex/config",
        "CLAUDE.local.md",
    ],
)
def test_ci_and_agent_files_are_protected_wherever_they_lie(path):
    assert protecting(path, ())
    assert protecting(f"deep/er/{path}", ())


def test_the_names_by_which_links_lead_to_a_file_are_followed_so_far_and_no_further():
    links = {".husky": "hooks", "a": "b", "b": "hooks", "self": "self", "in": "elsewhere"}
    assert aliases("hooks/x", links) == (".husky/x", "a/x", "b/x")
    assert aliases("Hooks/x", links) == (".husky/x", "a/x", "b/x"), "some systems do not look at case"
    assert aliases("hooksx", links) == ()
    assert aliases("hooks", links) == (".husky", "a", "b")
    assert len(aliases("d/x", {"d/up": "d"}) or ()) == 5
    start = time.monotonic()
    assert aliases("d/x", {f"d/{number}": "d" for number in range(MOST_NAMES)}) is None
    assert (
        aliases("d/x", {f"e/{number}": "d" for number in range(990)} | {f"{number}": "f" for number in range(20_000)}) is not None
    )
    assert time.monotonic() - start < 2


def test_what_more_links_lead_to_than_are_followed_is_refused():
    many = {f"d/{number}": "d" for number in range(MOST_NAMES)}
    assert linked(change("d/x", "a", "b"), many, ()) == "more links of the repository lead to `d/x` than are followed"
    assert linked(change("e/x", "a", "b"), many, ()) == ""


def change(path: str, old: str, new: str) -> Patch:
    return parse(TEXT.format(path).replace("\n-1\n+2\n", f"\n-{old}\n+{new}\n"))


@pytest.mark.parametrize(
    ("path", "old", "new", "judges"),
    [
        ("requirements-dev.txt", "pytest==8.0", "pytest==8.1", False),
        ("requirements-dev.txt", "requests==2.0", "requests==2.1", False),
        ("requirements-dev.txt", "requests==2.0", "pytest-vw==2.1", True),
        ("requirements/test.in", "a", "coverage[toml]", True),
        ("vite.config.ts", "port: 1", "port: 2", False),
        ("vite.config.ts", "port: 1", "test: {exclude: ['**']}", True),
        ("pyproject.toml", "pytest==8.0", "pytest==8.1", True),
    ],
)
def test_another_version_of_a_test_tool_is_no_change_of_how_a_patch_is_judged_and_another_tool_is(path, old, new, judges):
    assert bool(graders(change(path, old, new), {})) is judges


@pytest.mark.parametrize("name", ["aux.py", "src/NUL", "husky~1/pre-commit"])
def test_a_name_that_is_another_on_windows_is_refused_to_a_new_file_alone(name):
    assert any("on Windows" in each for each in trespasses(parse(NEW.format(name, "100644")), (), 20, 800))
    assert trespasses(parse(TEXT.format(name)), (), 20, 800) == ()
