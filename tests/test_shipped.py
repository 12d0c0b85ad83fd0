"""What is shipped: the wheel works away from the checkout, and the generated files are what the code says."""

import subprocess
import sys
from pathlib import Path

import pytest

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
