"""Everything a contributor types, on a machine that has only Python, pip and git.

python3 dev.py demo       run the main job on a sample repository
python3 dev.py test       every test that needs nothing more; what follows goes to pytest: `dev.py test tests/core -n 0 -k score`
python3 dev.py check      ruff, formatting, mypy, import contracts, generated files
python3 dev.py rest       the tests that need packages from elsewhere (a wheel in an empty environment, servers of others)
python3 dev.py bench      a sample of the verifier bench: real packages, and the verdicts that right and wrong patches must get
python3 dev.py frontier   routers and cascades on public results, in the folder that is named; writes the picture and the page anew
python3 dev.py attacks    each defence switched off, in a copy: the test of its attack has to turn red; takes a quarter of an hour
python3 dev.py chaos      schedules of faults, kills and commands at once, drawn by a seed; ten minutes, or `--seconds N`
python3 dev.py weights    the tests with a real model; ROUTE_AGENT_WEIGHTS names its GGUF file
python3 dev.py e2e        the whole product in containers, and a page in a browser; as root on Debian it installs what it needs
python3 dev.py generate   rewrite the generated files
python3 dev.py pin        write the constraints files anew
"""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
COUNTERPARTS = ROOT / "tests" / "counterparts"
PINS = {"run": ROOT / "constraints.txt", "dev": ROOT / "constraints-dev.txt", "build": ROOT / "constraints-build.txt"}
GROUPS = {"bench": ROOT / "bench" / "verifier" / "constraints.txt", "release": ROOT / "constraints-release.txt"}
"""Of the dependency groups, those that are no server of the counterparts."""
OTEL = ROOT / "constraints-otel.txt"
"""What the extra `otel` needs beyond a plain run: the actions install both files."""


def run(*words: str | Path, check: bool = True) -> int:
    code = subprocess.run([str(word) for word in words], cwd=ROOT, check=False).returncode
    if code and check:
        sys.exit(code)
    return code


def pip(*words: str | Path) -> None:
    """The pip of the Python that runs this, installing into our environment: it needs no pip of its own."""
    run(sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check", "-q", *words)


def prepare(pins: str) -> None:
    """Make the environment, with exactly the pinned and hashed packages, unless it stands already."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + PINS[pins].read_bytes()).hexdigest()
    stamp = VENV / f"{pins}.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Setting up {VENV.name} ({pins}) …", file=sys.stderr, flush=True)
    if not PYTHON.exists():
        venv.create(VENV, with_pip=False)
    pip("install", "--require-hashes", "-r", PINS[pins])
    stamp.write_text(wanted)


def demo(*words: str) -> int:
    prepare("run")
    return run(PYTHON, "-m", "bot", "demo", *words, check=False)


def test(*words: str) -> int:
    """Two workers a core: half the time they wait for a server, a disk or a process."""
    prepare("dev")
    return run(
        PYTHON,
        "-m",
        "pytest",
        "-n",
        str(2 * (os.cpu_count() or 1)),
        "-m",
        "not elsewhere and not weights and not engine",
        *words,
        check=False,
    )


def rest(*words: str) -> int:
    prepare("dev")
    return run(PYTHON, "-m", "pytest", "-m", "elsewhere", *words, check=False)


def bench(*words: str) -> int:
    prepare("dev")
    return run(PYTHON, "-m", "bench.verifier", *(words or ("--sample",)), check=False)


def frontier(*words: str) -> int:
    prepare("dev")
    return run(PYTHON, "-m", "bench.frontier", *words, check=False) or generate()


def attacks(*words: str) -> int:
    prepare("dev")
    return run(PYTHON, "-m", "tests.security.switched_off", *words, check=False)


def chaos(*words: str) -> int:
    prepare("dev")
    return run(PYTHON, "-W", "ignore::DeprecationWarning", "-m", "tests.chaos", *words, check=False)


def weights(*words: str) -> int:
    prepare("dev")
    return run(PYTHON, "-m", "pytest", "-m", "weights", *words, check=False)


def e2e(*words: str) -> int:
    prepare("dev")
    return run(PYTHON, "-m", "tests.e2e.machine", *words, check=False)


def check(*_: str) -> int:
    prepare("dev")
    tools = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports", "--no-logo"))
    codes = {" ".join(words): run(VENV / "bin" / words[0], *words[1:], check=False) for words in tools}
    codes["generate.py --check"] = run(PYTHON, "generate.py", "--check", check=False)
    red = [name for name, code in codes.items() if code]
    print(f"red: {', '.join(red)}" if red else f"all green: {', '.join(codes)}", flush=True)
    return max(codes.values())


def generate(*_: str) -> int:
    prepare("dev")
    return run(PYTHON, "generate.py", check=False)


def pin(*_: str) -> int:
    """Resolve anew for every Python from 3.11. The files carry hashes and no address."""
    prepare("dev")
    pip("install", "uv")
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    builds = VENV / "build.in"
    builds.write_text("\n".join(needed))
    sources = {"run": ("pyproject.toml",), "dev": ("pyproject.toml", "--all-extras"), "build": (builds, "--python-version", "3.11")}
    for name, source in sources.items():
        compile_pins(PINS[name], *source)
    compile_pins(OTEL, "pyproject.toml", "--extra", "otel")
    leave_out(OTEL, PINS["run"])
    for name in tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]:
        compile_pins(GROUPS.get(name, COUNTERPARTS / f"constraints-{name}.txt"), "--group", name, "--python-version", "3.11")
    return 0


def compile_pins(pins: Path, *source: str | Path) -> None:
    how = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "-q", "--upgrade")
    run(VENV / "bin" / "uv", "pip", "compile", *source, *how, "-o", pins)


def leave_out(pins: Path, known: Path) -> None:
    """Of a file of pins leave what another one does not hold."""
    mine, theirs = (re.split(r"^(?=\S)", path.read_text(), flags=re.MULTILINE) for path in (pins, known))
    pins.write_text("".join(each for each in mine if each not in theirs))


COMMANDS = {each.__name__: each for each in (demo, test, check, rest, bench, frontier, attacks, chaos, weights, e2e, generate, pin)}

if __name__ == "__main__":
    if sys.argv[1:2] in (["-h"], ["--help"], ["help"]):
        print(__doc__)
        sys.exit(0)
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"{__doc__}\n{sys.argv[1]} is none of these." if len(sys.argv) > 1 else __doc__)
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
