"""Who asks for what: one command, by one person, on one commit."""

from pydantic.dataclasses import dataclass

from bot.core.strict import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class Request:
    id: str
    """The key of everything the request leads to: the same command on the same commit has the same id."""
    repo: str
    number: int | None
    """The issue or pull request; None on the command line."""
    actor: str
    task: str
    """What is wanted, in a person's words, cleaned; untrusted."""
    labels: tuple[str, ...]
    base: str
    """The full hash of the commit that everything is measured against and every patch is made on."""
    asked_lane: str | None = None

    @property
    def place(self) -> str:
        """The middle of a branch name: the issue's number, or `local`."""
        return "local" if self.number is None else str(self.number)
