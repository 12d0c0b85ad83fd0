"""GitHub's part of the check-up: what this token may do, what can be started, and what a pull request meets."""

from typing import get_args

from bot.core import rights
from bot.core.health import Item, Skipped, Unknown
from bot.core.rights import About, Area
from bot.ports import Denied, Hosting
from bot.visit import LOOK, Visit


def examine_hosting(visit: Visit, hosting: Hosting, token: str) -> None:
    """Add GitHub's items. Each is asked for on its own: what may not be read hides nothing else."""
    if visit.offline:
        visit.items.append(Skipped("github"))
        return
    login = visit.look("github.token", LOOK, hosting.me)
    if login is not None:
        visit.items.append(rights.token(token, login))
    about = visit.look("github.repository", LOOK, hosting.about)
    if about is None:
        return
    for area in get_args(Area):
        visit.items += _permission(visit, hosting, area, about)
    branch = about.default_branch
    wanted = visit.policy.verification.ci.workflows if visit.policy else ()
    if (found := visit.look("github.workflows", 2 * LOOK, lambda: hosting.workflows(branch))) is not None:
        visit.items += rights.workflows(found, wanted)
    visit.items += _pulls(visit, hosting, login)
    if (guard := visit.look("github.protection", LOOK, lambda: hosting.protection(branch))) is not None:
        visit.items.append(rights.protection(branch, guard))


def _permission(visit: Visit, hosting: Hosting, area: Area, about: About) -> tuple[Item, ...]:
    def refused() -> str:
        try:
            hosting.look(area, about.default_branch)
        except Denied as error:
            said = str(error).partition("; ")[0]
            return said.partition(": ")[2] or said  # what was tried is the item's own name
        return ""

    said = visit.look(f"github.{area}", LOOK, refused)
    return () if said is None else (rights.permission(area, said or None),)


def _pulls(visit: Visit, hosting: Hosting, login: str | None) -> tuple[Item, ...]:
    if login is None:
        return (Unknown("github.pulls", "it is not known as whom this token speaks"),)
    found = visit.look("github.pulls", LOOK, lambda: (hosting.may_open_pulls(),))
    return () if found is None else (rights.pulls(login, allowed=found[0]),)
