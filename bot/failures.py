"""The ways in which the world can fail. `paid` says whether a call may have been charged all the same."""


class Unavailable(Exception):
    """A service did not answer; later may go better."""

    def __init__(self, message: str, *, paid: bool = False) -> None:
        super().__init__(message)
        self.paid = paid


class Answered(Exception):
    """Another job is answering the command that this one was to answer: there is nothing left for this one to do."""


class Moved(Unavailable):
    """A lane's model is out of reach, and its fallback is asked from here on: the same call may be made again at once."""


class Denied(Exception):
    """A service or a person's setting said no; later will not go better. The message holds the remedy."""

    def __init__(self, message: str, *, paid: bool = False) -> None:
        super().__init__(message)
        self.paid = paid


class TooLong(Denied):
    """The conversation no longer fits what the model can hold."""
