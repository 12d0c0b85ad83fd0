"""The ways in which the world can fail."""


class Unavailable(Exception):
    """A service did not answer; later may go better. `paid` says whether the call may have been charged all the same."""

    def __init__(self, message: str, *, paid: bool = False) -> None:
        super().__init__(message)
        self.paid = paid


class Denied(Exception):
    """A service or a person's setting said no; later will not go better. The message holds the remedy."""


class TooLong(Denied):
    """The conversation no longer fits what the model can hold."""
