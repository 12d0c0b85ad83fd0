"""What is shipped: the wheel works away from the checkout, and the generated files are what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.documents.parts import tracked

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.elsewhere
def test_the_wheel_runs_in_an_empty_environment_from_another_folder(tmp_path):
    def run(*words: str | Path, cwd: Path = ROOT) -> str:
        done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    pip = (*_pip(), "--python", python, "--disable-pip-version-check", "-q")
    run(*pip, "wheel", "--no-deps", "-w", tmp_path, ROOT)
    run(*pip, "install", "--require-hashes", "-r", ROOT / "constraints.txt")
    (wheel,) = tmp_path.glob("*.whl")
    run(*pip, "install", "--no-deps", wheel)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    out = run(tmp_path / "env" / "bin" / "route-agent", "demo", cwd=elsewhere)

    assert "result: pass\n" in out
    assert "escalated_to: strong (failed_tests)\n" in out
    assert run(python, "-c", "import bot; print(bot.__file__)", cwd=elsewhere).startswith(str(tmp_path))


def _pip() -> tuple[str, ...]:
    """The pip of the Python that the test environment was made from: the environment itself has none."""
    base = Path(sys.base_prefix) / "bin" / "python3"
    return str(base), "-m", "pip"


def test_the_generated_files_are_current():
    done = subprocess.run([sys.executable, "generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_both_actions_install_what_telling_a_collector_takes_and_pins_agree():
    def pins(name: str) -> set[str]:
        return {line.split(" ")[0] for line in (ROOT / name).read_text().splitlines() if "==" in line}

    more = pins("constraints-otel.txt")
    assert {pin.split("==")[0] for pin in more} >= {"opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"}
    assert not {pin.split("==")[0] for pin in more} & {pin.split("==")[0] for pin in pins("constraints.txt")}
    assert more <= pins("constraints-dev.txt")
    for place in ("Dockerfile", "host/action.yml", ".dockerignore"):
        assert "constraints-otel.txt" in (ROOT / place).read_text()


def test_dependabot_looks_where_there_is_something_to_look_at():
    found = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())
    wanted = {
        "github-actions": r"(\.github/workflows/)?[^/]+\.yml",
        "docker": "Dockerfile",
        "npm": "package-lock\\.json",
        "pip": "pyproject\\.toml",
    }
    assert [each["package-ecosystem"] for each in found["updates"]] == list(wanted)
    for each in found["updates"]:
        for folder in each.get("directories", [each.get("directory")]):
            place = folder.strip("/")
            there = [name.removeprefix(f"{place}/") for name in tracked() if name.startswith(f"{place}/" if place else "")]
            assert any(re.fullmatch(wanted[each["package-ecosystem"]], name) for name in there), folder


def test_every_path_with_an_owner_is_there_and_what_judges_or_releases_has_one():
    lines = [
        line.split() for line in (ROOT / ".github" / "CODEOWNERS").read_text().splitlines() if line and not line.startswith("#")
    ]
    owned = {path: owners for path, *owners in lines}
    assert all(owners and all(re.fullmatch(r"@route-agent/[a-z]+", owner) for owner in owners) for owners in owned.values())
    for path in owned:
        assert path == "*" or list(ROOT.glob(path.strip("/"))), path
    assert {"/.github/", "/.ci/", "/action.yml", "/host/", "/Dockerfile", "/templates/workflows/"} <= owned.keys()


def test_an_issue_s_form_sets_no_label_for_whoever_opens_it():
    """A label may be a command: a form would give it in the name of a stranger."""
    for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")):
        form = yaml.safe_load(path.read_text())
        if path.name == "config.yml":
            assert [link["url"].rpartition("/")[2] for link in form["contact_links"]] == ["new"]
            continue
        assert form.keys() == {"name", "description", "body"}, path.name
        asked = [part for part in form["body"] if part["type"] != "markdown"]
        assert len({part["id"] for part in asked}) == len(asked)
        assert all(part["attributes"]["label"] for part in asked)
