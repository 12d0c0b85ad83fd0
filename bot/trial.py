"""A lane on trial: its key, its price, one small call that is paid for, and how much its server holds."""

from bot.core import health
from bot.core.budget import Wish
from bot.core.cost import Cost, Tokens, Unpriced, exact
from bot.core.health import Heard, Item, Problem, Skipped, Unknown
from bot.core.lane import Lane
from bot.core.policy import Policy
from bot.core.route import Refusal
from bot.core.spend import Held, charged
from bot.ports import Books, Denied, Prompt, Reply, Told, Tool, Unavailable
from bot.visit import LOOK, Visit

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


def try_out(visit: Visit, lane: Lane, policy: Policy, books: Books | None) -> None:
    """Add the lane's items. Money is spent only where it can be booked and the budget has room for the worst."""
    key = _key(visit, lane)
    price = visit.means.model.price(lane)
    visit.items += (key, health.price(lane, price))
    if visit.offline:
        visit.items += (Skipped(f"{lane.name}.call"), Skipped(f"{lane.name}.context"))
        return
    if isinstance(key, Problem):
        visit.items.append(Unknown(f"{lane.name}.call", f"not asked: see {key.name}"))
    elif isinstance(key, Unknown):
        visit.items.append(Unknown(f"{lane.name}.call", f"not asked: {key.found.rpartition(': ')[2]}"))
    elif books is None:
        visit.items.append(Unknown(f"{lane.name}.call", "not asked: what it costs could not be booked; see ledger"))
    else:
        _call(visit, lane, policy, books)
    window = visit.look(f"{lane.name}.context", CATALOG + GRACE, lambda: visit.means.catalog.window(lane, CATALOG))
    if window is not None:
        visit.items.append(health.fits(lane, window))


def _key(visit: Visit, lane: Lane) -> Item:
    name = lane.key_name
    found = health.key(lane, present=bool(name and visit.means.keys.get(name, "").strip()))
    if isinstance(found, Problem):
        before = next((item.name for item in visit.items if isinstance(item, Problem) and item.found == found.found), "")
        return Unknown(found.name, f"{found.found}: see {before}") if before else found
    try:
        visit.means.model.ready(lane)
    except Denied as error:
        return health.told(found.name, str(error), f"mend models.{lane.name}")
    return found


def _call(visit: Visit, lane: Lane, policy: Policy, books: Books) -> None:
    """One small call, of the lane's own model: a fallback that stands in for it would hide that it is out of reach."""
    name = f"{lane.name}.call"
    worst = visit.look(name, LOOK, lambda: _worst(visit, lane, policy, books))
    if worst is None:
        return
    if isinstance(worst, Problem):
        visit.items.append(worst)
        return
    visit.means.watch("asking", f"{lane.name}: {lane.model}")
    start = visit.means.clock.seconds()
    reply = _asked(visit, lane.model_copy(update={"fallback": None}), books, worst)
    if isinstance(reply, Problem):
        visit.items.append(reply)
        return
    seconds = visit.means.clock.seconds() - start
    visit.ran[lane.name] = reply.model
    heard = Heard(
        reply.model, worst if reply.cost is None else reply.cost, seconds, acted=bool(reply.said.calls), cut_off=reply.cut_off
    )
    visit.items.append(health.answered(lane, heard))


def _worst(visit: Visit, lane: Lane, policy: Policy, books: Books) -> Cost | Problem:
    """The most that the call can cost; a problem where nobody knows, or where no budget has room for it."""
    name, worst = f"{lane.name}.call", visit.means.model.worst(lane, PROMPT.bytes, MOST_ANSWER)
    if isinstance(worst, Unpriced):
        return Problem(name, "not asked: its price is unknown", f"say it in models.{lane.name}.price")
    left = books.purse.reserve(policy.budget, Wish(visit.run, visit.means.actor, visit.means.clock.now()))
    if isinstance(left, Refusal):
        return Problem(name, f"not asked: {left.detail}", "raise that cap, or wait until it is free again")
    if worst.micros > left:
        what = f"not asked: it could cost ${exact(worst.micros)}, and the budget leaves ${exact(left)}"
        return Problem(name, what, "raise budget.per_run_usd, or whichever cap is the lowest")
    return worst


def settle(visit: Visit, books: Books) -> None:
    """What was set aside for the calls and not spent on them is free again."""
    books.purse.settle(Wish(visit.run, visit.means.actor, visit.means.clock.now()))


def _asked(visit: Visit, lane: Lane, books: Books, worst: Cost) -> Reply | Problem:
    """The reply, booked before it is looked at. What may have been billed without one is booked at its worst."""
    name, mend = f"{lane.name}.call", f"mend model, base_url or key of models.{lane.name}"

    def book(cost: Cost | Unpriced) -> None:
        visit.usage = visit.usage.plus(Tokens(), cost)
        books.ledger.append(charged(cost, visit.run, visit.means.clock.now(), visit.means.actor, lane.name))

    visit.asked += 1
    books.ledger.append(Held(visit.run, visit.means.clock.now(), visit.means.actor, lane.name, worst.micros))
    try:
        reply = visit.means.limit(CALL + GRACE, lambda: visit.means.model.ask(lane, PROMPT))
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
