"""A lane on trial: its key, its price, one small call that is paid for, and how much its server holds."""

from bot.checkup import LOOK, Checkup
from bot.core import health
from bot.core.budget import Wish
from bot.core.cost import Cost, Tokens, Unpriced, exact
from bot.core.health import Heard, Item, Problem, Skipped, Unknown
from bot.core.lane import Lane
from bot.core.policy import Policy
from bot.core.route import Refusal
from bot.core.spend import Held, charged
from bot.ports import Books, Denied, Prompt, Reply, Told, Tool, Unavailable

CATALOG, CALL = 15.0, 60.0
"""Seconds for the server's list of models, and for the call."""
GRACE = 5.0
"""Seconds past a limit of its own that a port gets to say so itself."""
FREE = Cost(0, "unanswered")
MOST_ANSWER = 64
"""Tokens of the small answer; some servers take no fewer than 16."""
TOOL = Tool(
    "ready",
    "Say that you are ready.",
    {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"], "additionalProperties": False},
)
PROMPT = Prompt(
    system="You check that a connection works.",
    turns=(Told("Call the tool `ready` with the word `yes`. Say nothing else."),),
    tools=(TOOL,),
    max_output_tokens=MOST_ANSWER,
    seconds=CALL,
)


def try_out(checkup: Checkup, lane: Lane, policy: Policy, books: Books | None) -> None:
    """Add the lane's items. Money is spent only where it can be booked and the budget has room for the worst."""
    key = _key(checkup, lane)
    price = checkup.means.model.price(lane)
    checkup.items += (key, health.price(lane, price))
    if checkup.offline:
        checkup.items += (Skipped(f"{lane.name}.call"), Skipped(f"{lane.name}.context"))
        return
    if isinstance(key, Problem):
        checkup.items.append(Unknown(f"{lane.name}.call", f"not asked: see {key.name}"))
    elif isinstance(key, Unknown):
        checkup.items.append(Unknown(f"{lane.name}.call", f"not asked: {key.found.rpartition(': ')[2]}"))
    elif books is None:
        checkup.items.append(Unknown(f"{lane.name}.call", "not asked: what it costs could not be booked; see ledger"))
    else:
        _call(checkup, lane, policy, books)
    window = checkup.look(f"{lane.name}.context", CATALOG + GRACE, lambda: checkup.means.catalog.window(lane, CATALOG))
    if window is not None:
        checkup.items.append(health.fits(lane, window))


def _key(checkup: Checkup, lane: Lane) -> Item:
    name = lane.key_name
    found = health.key(lane, present=bool(name and checkup.means.keys.get(name, "").strip()))
    if isinstance(found, Problem):
        return _once(checkup, found)
    try:
        checkup.means.model.ready(lane)
    except Denied as error:
        return _once(checkup, health.told(found.name, str(error), f"mend models.{lane.name}"))
    return found


def _once(checkup: Checkup, found: Problem) -> Item:
    """One variable that several lanes want is one problem, mended once."""
    for item in checkup.items:
        if isinstance(item, Problem) and item.name.endswith(".key") and (item.found == found.found or item.remedy == found.remedy):
            return Unknown(found.name, f"as with {item.name.removesuffix('.key')}: see {item.name}")
    return found


def _call(checkup: Checkup, lane: Lane, policy: Policy, books: Books) -> None:
    """One small call, of the lane's own model: a fallback that stands in for it would hide that it is out of reach."""
    name = f"{lane.name}.call"
    worst = checkup.look(name, LOOK, lambda: _worst(checkup, lane, policy, books))
    if worst is None:
        return
    if isinstance(worst, Problem):
        checkup.items.append(worst)
        return
    checkup.means.watch("asking", f"{lane.name}: {lane.model}")
    start = checkup.means.clock.seconds()
    reply = _asked(checkup, lane.model_copy(update={"fallback": None}), books, worst)
    if isinstance(reply, Problem):
        checkup.items.append(reply)
        return
    seconds = checkup.means.clock.seconds() - start
    checkup.ran[lane.name] = reply.model
    heard = Heard(
        reply.model, worst if reply.cost is None else reply.cost, seconds, acted=bool(reply.said.calls), cut_off=reply.cut_off
    )
    checkup.items.append(health.answered(lane, heard))


def _worst(checkup: Checkup, lane: Lane, policy: Policy, books: Books) -> Cost | Problem:
    """The most that the call can cost; a problem where nobody knows, or where no budget has room for it."""
    name, worst = f"{lane.name}.call", checkup.means.model.worst(lane, PROMPT.bytes, MOST_ANSWER)
    if isinstance(worst, Unpriced):
        return Problem(name, "not asked: its price is unknown", f"say it in models.{lane.name}.price")
    left = books.purse.reserve(policy.budget, Wish(checkup.run, checkup.means.actor, checkup.means.clock.now()))
    if isinstance(left, Refusal):
        return Problem(name, f"not asked: {left.detail}", "raise that cap, or wait until it is free again")
    if worst.micros > left:
        what = f"not asked: it could cost ${exact(worst.micros)}, and the budget leaves ${exact(left)}"
        return Problem(name, what, "raise budget.per_run_usd, or whichever cap is the lowest")
    return worst


def settle(checkup: Checkup, books: Books) -> None:
    """What was set aside for the calls and not spent on them is free again."""
    books.purse.settle(Wish(checkup.run, checkup.means.actor, checkup.means.clock.now()))


def _asked(checkup: Checkup, lane: Lane, books: Books, worst: Cost) -> Reply | Problem:
    """The reply, booked before it is looked at. What may have been billed without one is booked at its worst."""
    name, mend = f"{lane.name}.call", f"mend model, base_url or key of models.{lane.name}"

    def book(cost: Cost | Unpriced) -> None:
        checkup.usage = checkup.usage.plus(Tokens(), cost)
        books.ledger.append(charged(cost, checkup.run, checkup.means.clock.now(), checkup.means.actor, lane.name))

    checkup.asked += 1
    books.ledger.append(Held(checkup.run, checkup.means.clock.now(), checkup.means.actor, lane.name, worst.micros))
    try:
        reply = checkup.means.limit(CALL + GRACE, lambda: checkup.means.model.ask(lane, PROMPT))
    except Denied as error:
        book(worst if error.paid else FREE)
        return Problem(name, str(error), mend)
    except Unavailable as error:
        book(worst if error.paid else FREE)
        return Problem(name, str(error), f"{mend}; where it is only busy, look again later")
    except TimeoutError:
        book(worst)
        return Problem(name, f"no answer within {CALL + GRACE:.0f} s", f"{mend}; where it is only busy, look again later")
    except BaseException:
        book(worst)  # cut off in mid-call: it may be billed
        raise
    book(worst if reply.cost is None else reply.cost)
    return reply
