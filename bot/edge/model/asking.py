"""The model port: one call at a time, over whichever wire format its lane speaks, retried within a deadline, never trusted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from bot.core.clean import holds, line, redact, sendable
from bot.core.cost import Cost, Price, Unpriced, apart
from bot.core.keys import Keys, Withheld
from bot.core.lane import ADDRESSED, KEYLESS, Api, Lane
from bot.edge.model.actions import words
from bot.edge.model.chat import Chat
from bot.edge.model.messages import Messages
from bot.edge.model.responses import Responses
from bot.edge.model.sending import Form, Heard, Pricing, Sending, Wire
from bot.edge.model.trouble import Less, NoChat, NoTools, Passing
from bot.ports import Denied, Moved, Prompt, Renderer, Reply, Said, TooLong, Unavailable

TRIES, BACKOFF, LONGEST_WAIT = 4, 0.5, 60.0
LONG = 16
"""Characters; a shorter key may be a word, which a patch may hold as well."""
LOWER: dict[Form, Form] = {"tools": "schema", "schema": "object", "object": "text"}


@dataclass(frozen=True, slots=True)
class Timing:
    """Time and chance, so that waiting can be tested. `jitter` gives a number from 0 to 1."""

    seconds: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class _How:
    """How a lane is asked, as far as its server turned out to understand less than the policy says."""

    api: Api
    form: Form
    moved: bool = False
    """Whether its fallback is asked instead."""


@dataclass(slots=True)
class Models:
    keys: Keys
    prices: Pricing
    render: Renderer
    timing: Timing
    tell: Callable[[str], None]
    _wires: Mapping[Api, Wire] = field(
        default_factory=lambda: {"chat": Chat(), "responses": Responses(), "messages": Messages()}, repr=False
    )
    _how: dict[str, _How] = field(default_factory=dict)
    _count: int = 0

    def price(self, lane: Lane) -> Price | Unpriced:
        return self.prices.price(lane)

    def worst(self, lane: Lane, sent: int, made: int) -> Cost | Unpriced:
        return self.prices.worst(self._asked(lane), sent, made)

    def ready(self, lane: Lane) -> None:
        self._key(lane)

    def ask(self, lane: Lane, prompt: Prompt) -> Reply:
        key = self._key(lane)
        deadline = self.timing.seconds() + min(prompt.seconds, lane.timeout_seconds)
        try:
            return self._tries(lane, prompt, key, deadline)
        except Unavailable as error:
            how = self._state(lane)
            if lane.fallback is None or how.moved:
                raise
            self._how[lane.name] = replace(how, moved=True)
            self.tell(f"{lane.name}: {lane.model} is out of reach; its fallback {lane.fallback} is asked from here on")
            raise Moved(str(error), paid=error.paid) from None

    def _state(self, lane: Lane) -> _How:
        form: Form = "schema" if lane.api == "chat_json" else "tools"
        return self._how.get(lane.name) or _How(lane.speaks, form)

    def _asked(self, lane: Lane) -> Lane:
        """The lane with the model that is asked now."""
        if not self._state(lane).moved:
            return lane
        assert lane.fallback is not None, "only a lane with a fallback moves"
        return self.prices.moved(lane, lane.fallback)

    def _tries(self, lane: Lane, prompt: Prompt, key: str, deadline: float) -> Reply:
        """One reply, by as many tries as the deadline and the kind of trouble allow; none after one that may be billed."""
        for number in range(TRIES):
            try:
                return self._once(lane, prompt, key, deadline - self.timing.seconds())
            except Less as less:
                self._settle_for_less(lane, less)
            except Passing as trouble:
                wait = max(trouble.after, BACKOFF * 2**number * (0.5 + self.timing.jitter() / 2))
                waits = wait <= min(LONGEST_WAIT, deadline - self.timing.seconds())
                if waits and (trouble.paid or number < TRIES - 1):
                    self.timing.sleep(wait)
                if not waits or trouble.paid or number == TRIES - 1:  # whoever asked books what may be billed, before asking again
                    raise Unavailable(self._say(lane, str(trouble)), paid=trouble.paid) from None
        raise Unavailable(self._say(lane, "no answer in a form that could be read"))

    def _settle_for_less(self, lane: Lane, less: Less) -> None:
        how = self._state(lane)
        match less:
            case NoChat() if how.api == "chat":
                self._how[lane.name] = replace(how, api="responses")
                self.tell(f"{lane.name}: the model takes tool calls by Responses alone; set `api: responses`")
            case NoTools() | NoChat() if how.form == "tools":
                self._how[lane.name] = replace(how, form="schema" if how.api == "chat" else "text")
                self.tell(f"{lane.name}: the server takes no tool calls; actions are asked for as JSON, as with `api: chat_json`")
            case _ if how.form in LOWER and how.form != "tools":
                self._how[lane.name] = replace(how, form=LOWER[how.form])
            case _:
                raise Denied(self._say(lane, str(less)))

    def _once(self, lane: Lane, prompt: Prompt, key: str, seconds: float) -> Reply:
        if seconds <= 0:
            raise Unavailable(self._say(lane, f"no answer within {lane.timeout_seconds} s"))
        self._count += 1
        how, asked = self._state(lane), self._asked(lane)
        manual = "" if how.form == "tools" else self.render("prompts/json_mode.j2", tools=prompt.tools)
        ceiling = self.prices.ceiling(asked)
        sending = Sending(asked, prompt, how.form, manual, lane.address, key, seconds, self._count, ceiling)
        try:
            heard = self._wires[how.api].ask(sending)
        except (TooLong, Denied, Unavailable) as error:
            raise type(error)(self._say(lane, str(error)), paid=error.paid) from None
        except (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, RecursionError) as error:
            why = f"the answer is not what the API promises ({type(error).__name__})"
            raise Passing(why, paid=True) from None
        return self._reply(asked, heard)

    def _reply(self, lane: Lane, heard: Heard) -> Reply:
        key = (self._key(lane),)
        said, model = heard.said, redact(heard.model, key)
        calls = tuple(replace(call, name=sendable(call.name)) for call in said.calls)
        clean = Said(sendable(redact(said.text, key)), calls, said.malformed, said.echo)
        if len(key[0]) >= LONG and any(
            holds(text, key) for call in said.calls for text in (call.name, *words(dict(call.arguments)))
        ):
            clean = Said(clean.text, (), "the reply holds a key")  # what is written is kept, shown and pushed
        return Reply(clean, heard.tokens, self._cost(lane, heard), model, heard.cut_off)

    def _cost(self, lane: Lane, heard: Heard) -> Cost | Unpriced | None:
        """The provider's own figure, else the price of the tokens; None where nobody counted them."""
        reckoned = self.prices.charged(lane, heard.tokens) if heard.tokens else None
        nothing = heard.reported == 0 and isinstance(reckoned, Cost) and reckoned.micros > 0  # a gateway without a price says 0
        if heard.reported is not None and not nothing:
            other = reckoned.micros if isinstance(reckoned, Cost) else None
            return Cost(heard.reported, "provider", other if apart(heard.reported, other) else None)
        return reckoned

    def _key(self, lane: Lane) -> str:
        name, key = lane.key_name, self.keys.of(lane)
        if isinstance(key, Withheld):
            raise Denied(key.why)
        if not key and lane.provider not in ADDRESSED:
            raise Denied(
                f"the key of lane `{lane.name}` is missing: set {name}, or name another variable in models.{lane.name}.api_key_env"
            )
        if not key and lane.api_key_env:
            raise Denied(f"models.{lane.name}.api_key_env names {name}, which is not set")
        return key or KEYLESS

    def _say(self, lane: Lane, what: str) -> str:
        host = urlsplit(lane.address).netloc
        return line(redact(f"lane `{lane.name}` ({self._asked(lane).model} at {host}): {what}", (self._key(lane),)), 400)
