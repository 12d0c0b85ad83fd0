"""A model that reads from a script, one list of turns a lane. It remembers what it was sent and can fail on demand."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.cost import Cost, Price, Tokens, Unpriced, charge, estimate_tokens, worst_case
from bot.core.lane import Lane
from bot.ports import Call, Prompt, Reply, Said, Unavailable

Action = Mapping[str, Any]
"""One turn: `{"action": NAME, …its arguments}`."""


class Scripted:
    """Stands at the model port. A turn may be an action, a list of actions, a text without any, a whole reply or a failure."""

    def __init__(self, lanes: Mapping[str, Sequence[Action | Sequence[Action] | str | Reply | Exception]]) -> None:
        self._turns = {lane: list(turns) for lane, turns in lanes.items()}
        self.heard: list[tuple[str, Prompt]] = []

    def price(self, lane: Lane) -> Price | Unpriced:
        return lane.price.value if lane.price else Unpriced(f"models.{lane.name}.price is not given")

    def worst(self, lane: Lane, sent: int, made: int) -> Cost | Unpriced:
        price = self.price(lane)
        return price if isinstance(price, Unpriced) else Cost(worst_case(sent, made, price), "worst_case")

    def ready(self, lane: Lane) -> None:
        """A script needs no key."""

    def ask(self, lane: Lane, prompt: Prompt) -> Reply:
        self.heard.append((lane.name, prompt))
        turns = self._turns.get(lane.name)
        if not turns:
            raise Unavailable(f"the script of lane `{lane.name}` is at its end")
        turn = turns.pop(0)
        match turn:
            case Exception():
                raise turn
            case Reply():
                return turn
            case str():
                return self._reply(lane, prompt, Said(turn), len(turn))
            case Mapping():
                return self._acting(lane, prompt, (turn,))
            case _:
                return self._acting(lane, prompt, tuple(turn))

    def _acting(self, lane: Lane, prompt: Prompt, actions: tuple[Action, ...]) -> Reply:
        number = len(self.heard)
        calls = tuple(
            Call(f"call-{number}-{index}", str(action["action"]), {k: v for k, v in action.items() if k != "action"})
            for index, action in enumerate(actions)
        )
        return self._reply(lane, prompt, Said("", calls), len(str(actions)))

    def _reply(self, lane: Lane, prompt: Prompt, said: Said, length: int) -> Reply:
        """Tokens are estimated from the text that was really sent, and priced as the policy says."""
        sent = len(prompt.system) + sum(len(turn.text) for turn in prompt.turns)
        tokens = Tokens(input=estimate_tokens(sent), output=estimate_tokens(length))
        price = self.price(lane)
        cost = price if isinstance(price, Unpriced) else Cost(charge(tokens, price), "policy")
        return Reply(said, tokens, cost, lane.model)
