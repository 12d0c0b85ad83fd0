"""How figures of a report are said: never more than they hold, and `not enough data` where they hold nothing."""

from bot.core.cost import dollars
from bot.core.past.interval import Rate
from bot.core.past.lives import Label
from bot.core.past.tables import Compared, Portion

NONE = "-"
LABELS: dict[Label, str] = {
    "as_is": "merged as proved",
    "edited": "merged after edits",
    "rewritten": "merged, mostly rewritten by hand",
    "merged": "merged, edits unknown",
    "reverted": "merged, and taken back within 30 days",
    "changes_requested": "changes requested",
    "closed": "closed unmerged",
    "ignored": "nobody judged it within 30 days",
    "open": "not judged yet",
    "no_pull": "no pull request",
}
"""What became of an accepted patch, in words."""


def share(rate: Rate) -> str:
    """`72 % [61, 81] of 80`, with the interval of 95 %; where there is not enough data, the counts."""
    if rate.value is None:
        return f"not enough data ({rate.hits} of {rate.cases})" if rate.cases else "no data"
    return f"{100 * rate.value:.0f} % [{100 * rate.low:.0f}, {100 * rate.high:.0f}] of {rate.cases}"


def usd(micros: int | None) -> str:
    """Dollars; a debt has its sign before them."""
    if micros is None:
        return NONE
    return f"-${dollars(-micros)}" if micros < 0 else f"${dollars(micros)}"


def against(compared: Compared) -> str:
    """`$1.20 saved`, `$0.30 lost`; unknown where no run has both figures."""
    if not compared.runs:
        return "unknown"
    return f"{usd(-compared.saved)} lost" if compared.saved < 0 else f"{usd(compared.saved)} saved"


def took(seconds: float | None) -> str:
    """`0.4 s`, `38 s`, `6 min 10 s`, `2 h 5 min`"""
    if seconds is None:
        return NONE
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def portions(found: tuple[Portion, ...]) -> str:
    """`bugfix 62 %, docs 20 %`"""
    return ", ".join(f"{each.what} {100 * each.cases / each.of:.0f} %" for each in found) or NONE
