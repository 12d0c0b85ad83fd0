"""A person at a terminal, or a log: progress on standard error, one live line a step or plain lines."""

from collections.abc import Callable
from typing import TextIO

from bot.core.clean import line, redact

_WIDTH, _LOGGED = 100, 400
"""Characters: of a terminal's line, which is rewritten and must not wrap; of what a log has to say of a step."""
_BACK = "\r\x1b[2K"


class Progress:
    """Says what is being done. On a terminal a step's line is rewritten until the next step begins."""

    def __init__(self, stream: TextIO, seconds: Callable[[], float]) -> None:
        self._stream, self._seconds, self._start = stream, seconds, seconds()
        self._live = stream.isatty()
        self._step = ""

    def __call__(self, step: str, detail: str) -> None:
        text = f"{self._seconds() - self._start:6.1f} s  {step:<10}  {line(redact(detail), _WIDTH - 22 if self._live else _LOGGED)}"
        if self._live:
            self._stream.write((_BACK if step == self._step else "\n" if self._step else "") + text)
        else:
            self._stream.write(text + "\n")
        self._step = step
        self._stream.flush()

    def end(self) -> None:
        """Leave the live line as it stands."""
        if self._live and self._step:
            self._stream.write("\n")
        self._step = ""
        self._stream.flush()
