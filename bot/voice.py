"""What a command says, how it ends, and what it takes from its process: before anything heavy is loaded. Reads the environment."""

import os
import platform
import sys
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot.core.clean import printable, redact, secret_name
from bot.core.words import SDKS, TELEMETRY
from bot.exits import OURS
from bot.failures import Denied


def say(text: str, code: int) -> int:
    print(f"route-agent: {redact(printable(text))}", file=sys.stderr)  # noqa: T201 - this is the command line
    return code


def show(text: str) -> None:
    if sys.stdout is None:
        raise Denied("standard output is closed, so the report has nowhere to go; what was done is in the ledger")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - so that leaving does not try again
        raise Denied(f"standard output cannot be written to ({error.strerror}); what was done is in the ledger") from None


def environment() -> dict[str, str]:
    """The process's own, read once. Keys are gone from it afterwards, and what libraries would send along unasked."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(TELEMETRY)}
    for name in list(os.environ):
        if name.startswith((TELEMETRY, *SDKS)) or secret_name(name):
            del os.environ[name]  # nothing that we start, and no library, needs to find it there
    return env


def templates() -> Path:
    """Inside the installed package, or beside it in a checkout."""
    here = Path(__file__).resolve().parent
    return here / "templates" if (here / "templates").is_dir() else here.parent / "templates"


def put(text: str, file: str | None) -> None:
    if file is None:
        return show(text)
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Denied(f"{file} cannot be written to ({error.strerror}); give another with --output") from None


def own_version() -> str:
    try:
        return version("route-agent")
    except PackageNotFoundError:
        return "a checkout"


def bug() -> int:
    said = redact(printable(traceback.format_exc()))
    about = f"route-agent {own_version()}, Python {platform.python_version()}, {platform.platform()}"
    return say(f"this is a bug in route-agent. Please report it with these lines:\n\n{about}\n{said}", OURS)
