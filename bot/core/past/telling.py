"""What was found, in one line each: the same words in the report and in the comments of the suggested edit."""

from bot.core.past.interval import Rate
from bot.core.past.limits import Look
from bot.core.past.regions import Area


def share(found: Rate) -> str:
    """`70 of 100 (59 % to 79 %)`."""
    return f"{found.hits} of {found.cases} ({percent(found.low)} to {percent(found.high)})"


def percent(value: float) -> str:
    return f"{round(100 * value, 1 if value < 0.1 else None):g} %"


def area(found: Area, first: str) -> str:
    """Without its name, which is a stranger's text. `first` is the name of the first lane."""
    failed = f"first patches by `{first}` were not accepted" if found.what == "fast_fails" else "accepted patches were not wanted"
    return f"{share(found.here)} {failed}, elsewhere {share(found.elsewhere)}"


def look(found: Look, first: str) -> str:
    said, bar = share(found.share), "" if found.bar is None else percent(found.bar)
    match found.asks:
        case "too_high":
            held = f"; below {bar} it costs less to start in the top lane" if bar else ""
            return f"{found.about}: {said} first patches by `{first}` were accepted{held}"
        case "too_low":
            return (
                f"{found.about}, where somebody asked for `{first}`: {said} of its accepted patches were right; {bar} are asked for"
            )
        case "overconfident":
            held = f"; they claim {bar}" if bar else ""
            return f"confidence {found.about}: {said} accepted patches were right{held}"
        case "last_attempt":
            return f"{found.about}: {said} were accepted; below {bar} it is bought for nothing"
        case "futile_reason":
            return f"escalated for {found.about}: {said} came to an accepted patch; below {bar} it is bought for nothing"
        case "cut_off":
            return f"{found.about} a run: {said} runs were cut off, under whatever cap they had; more than {bar} is often"
