"""What a repository needs to be set up: its languages, how its tests are made runnable, and with which models to begin."""

import json
import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.core.checks import Check
from bot.core.clean import line
from bot.core.lane import KEYS
from bot.core.paths import ending
from bot.core.words import Provider

Language = Literal["Python", "JavaScript", "Go", "Rust"]
LANGUAGES: dict[str, str] = {
    **dict.fromkeys(("py", "pyi"), "Python"),
    **dict.fromkeys(("js", "mjs", "cjs", "jsx"), "JavaScript"),
    **dict.fromkeys(("ts", "mts", "cts", "tsx"), "TypeScript"),
    **dict.fromkeys(("c", "h"), "C"),
    **dict.fromkeys(("cc", "cpp", "cxx", "hpp"), "C++"),
    **dict.fromkeys(("kt", "kts"), "Kotlin"),
    "go": "Go",
    "rs": "Rust",
    "rb": "Ruby",
    "php": "PHP",
    "java": "Java",
    "cs": "C#",
    "swift": "Swift",
    "sh": "shell",
}
MOST_RUN = 2_000
"""Characters of a command in a policy."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A model to begin with. `model` is empty where only the owner of the server knows its name."""

    lane: str
    model: str
    context: int


MODELS: dict[Provider, tuple[str, str]] = {
    "openrouter": ("anthropic/claude-haiku-5.5", "anthropic/claude-sonnet-5.5"),
    "openai": ("gpt-6-luna", "gpt-6-sol"),
    "anthropic": ("claude-haiku-5-5", "claude-sonnet-5-5"),
}
"""A cheap and a strong one of each provider; a test asks the price table for each."""
OWN_KEY = "MODEL_API_KEY"
"""What the key of an `openai_compatible` server is called where nothing else names it."""


def key_of(provider: Provider) -> str:
    return KEYS.get(provider, OWN_KEY)


def chosen(env: Collection[str]) -> tuple[Provider, str]:
    """The provider whose key is at hand, and why it was taken. A gateway's key alone does not say its address."""
    for provider in MODELS:
        if KEYS[provider] in env:
            return provider, f"{KEYS[provider]} is set here"
    return "openrouter", "no key is set here; --provider names another"


def begun(provider: Provider) -> tuple[Begun, Begun]:
    fast, strong = MODELS.get(provider, ("", ""))
    return Begun("fast", fast, 32_000), Begun("strong", strong, 120_000)


def languages(files: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Languages by number of files, the most frequent first; at most six."""
    counted: dict[str, int] = {}
    for path in files:
        if found := LANGUAGES.get(ending(path)):
            counted[found] = counted.get(found, 0) + 1
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:6])


def writable(check: Check) -> bool:
    """Whether a check can stand in a file that people read: a folder's name may hold anything."""
    return check.run.isprintable() and len(check.run) <= MOST_RUN


def comment(text: str) -> str:
    """Fit for a YAML comment: one line, and nothing that ends it."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line(text, 120))


_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""What some reader of YAML takes for something else than text."""


def quoted(text: str) -> str:
    """A YAML scalar: plain where that is sure to be read as text, else in double quotes, as JSON writes it."""
    plain = text[:1].isalpha() and all(part.isalnum() or part in " -_./=" for part in text) and text.isascii()
    words = text.lower() in _WORDS
    return text if plain and not words and text.strip() == text else json.dumps(text, ensure_ascii=not text.isprintable())


REQUIREMENTS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-test.txt",
    "dev-requirements.txt",
    "test-requirements.txt",
)
"""Files at the top that pip reads, by the names that people give them."""


# ---- set-up ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetUp:
    """`sure` goes into the policy; `maybe` stands there as comments, each with what it depends on."""

    sure: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    source: str = ""
    groups: tuple[str, ...] = ()
    """Extras and groups of Python packages that the tests may need, as pip writes them."""


def set_up(files: Collection[str], text: Mapping[str, str], checks: tuple[Check, ...]) -> SetUp:
    """Commands that make the checks runnable, from lock files and lists of requirements. `text` holds the files at the top."""
    words = {_language(check.run) for check in checks}
    parts = [_python(files, text, checks)] if "Python" in words else []
    parts += [_node(files)] if "JavaScript" in words else []
    if "Go" in words and "go.sum" in files:
        parts.append(SetUp((), ("go mod vendor # go.mod has dependencies, and checks run without network",)))
    if "Rust" in words:
        parts.append(
            SetUp(
                (),
                ("mkdir -p .cargo && cargo vendor > .cargo/config.toml # if there are dependencies: checks run without network",),
            )
        )
    return SetUp(
        tuple(row for part in parts for row in part.sure),
        tuple(row for part in parts for row in part.maybe),
        ", ".join(part.source for part in parts if part.source),
        tuple(group for part in parts for group in part.groups),
    )


def _language(run: str) -> Language | None:
    first = run.split(maxsplit=1)[0] if run.split() else ""
    known: dict[str, Language] = {"python": "Python", "npm": "JavaScript", "pnpm": "JavaScript", "yarn": "JavaScript"}
    return (known | {"go": "Go", "cargo": "Rust"}).get(first)


def _python(files: Collection[str], text: Mapping[str, str], checks: tuple[Check, ...]) -> SetUp:
    runs = [check.run for check in checks]
    wanted = [tool for tool in ("pytest", "mypy", "ruff") if any(run.startswith(f"python -m {tool}") for run in runs)]
    sources: list[str] = []
    extras, groups = (_named(text, section) for section in ("project.optional-dependencies", "dependency-groups"))
    more = (*(f".[{name}]" for name in extras), *(f"--group {name}" for name in groups))
    for name in REQUIREMENTS:
        if name in files:
            wanted.append(f"-r {name}")
            sources.append(name)
    if builds(files, text):
        wanted.append(f"-e '.[{','.join(extras)}]'" if extras else "-e .")
        sources.append("pyproject.toml" if "pyproject.toml" in files else "setup.py")
    lock = next((name for name in ("uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock") if name in files), "")
    if lock:
        maybe = {"uv.lock": "uv sync --frozen", "poetry.lock": "POETRY_VIRTUALENVS_IN_PROJECT=1 poetry install --no-interaction"}
        maybe |= {"Pipfile.lock": "PIPENV_VENV_IN_PROJECT=1 pipenv sync --dev", "pdm.lock": "pdm sync --dev"}
        return SetUp(
            (), (f"{maybe[lock]} # {lock} is there: this alone, where its tool is installed; else", *_pip(wanted)), "", more
        )
    if groups:
        make, install_ = _pip([*wanted, *(f"--group {name}" for name in groups)])
        return SetUp((), (make, f"{install_} # with pip 25.1 or newer"), "", more)
    return SetUp(_pip(wanted), (), ", ".join(sources), more) if wanted else SetUp()


_SECTION = re.compile(r"^\[([\w.-]+)\]", re.MULTILINE)
_TESTING = re.compile(r"^(tests?|testing|dev)[ \t]*=", re.MULTILINE)


def _named(text: Mapping[str, str], section: str) -> tuple[str, ...]:
    """Which of the usual names for what tests need a section of pyproject.toml defines."""
    parts = _SECTION.split(text.get("pyproject.toml", ""))
    return tuple(
        name for found, body in zip(parts[1::2], parts[2::2], strict=True) if found == section for name in _TESTING.findall(body)
    )


def _pip(wanted: list[str]) -> tuple[str, ...]:
    return ("python3 -m venv .venv", f".venv/bin/pip install -q {' '.join(wanted)}")


def builds(files: Collection[str], text: Mapping[str, str]) -> bool:
    """Whether pip can install the repository itself, as the shipped verify workflow asks it."""
    rows = (row.strip() for row in text.get("pyproject.toml", "").splitlines())
    return "setup.py" in files or any(row.startswith(("[project]", "[build-system]")) for row in rows)


def _node(files: Collection[str]) -> SetUp:
    lock = _lock(files)
    if not lock:
        return SetUp((), ("npm install # no lock file is committed",))
    return SetUp((install(files),), (), lock)


def _lock(files: Collection[str]) -> str:
    return next((name for name in ("pnpm-lock.yaml", "yarn.lock", "package-lock.json", "npm-shrinkwrap.json") if name in files), "")


def install(files: Collection[str]) -> str:
    """How a Node repository's packages are installed, by its lock file."""
    match _lock(files):
        case "pnpm-lock.yaml":
            return "pnpm install --frozen-lockfile"
        case "yarn.lock":
            return "yarn install --immutable" if ".yarnrc.yml" in files else "yarn install --frozen-lockfile"
        case "":
            return "npm install"
        case _:
            return "npm ci"


# ---- the branch --------------------------------------------------------------------------------------------------


def default_branch(remote: str, branches: Collection[str], current: str | None) -> tuple[str, str]:
    """The branch that others start from, and what says so; empty where nothing does."""
    if remote:
        return remote, "origin/HEAD"
    for name in ("main", "master"):
        if name in branches:
            return name, "by its name"
    return (current, "the branch you are on") if current else ("", "HEAD is detached")


def shell(words: Iterable[str]) -> str:
    """A command ready to paste. Names that a terminal cannot show are not offered: the result is empty then."""
    made = shlex.join(words)
    return made if made.isprintable() else ""
