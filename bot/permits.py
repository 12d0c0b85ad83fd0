"""GitHub's part of the check-up: what this token may do, what can be started, and what a pull request meets."""

from typing import get_args

from bot.checkup import LOOK, Checkup
from bot.core import rights
from bot.core.health import Item, Skipped, Unknown
from bot.core.rights import About, Area
from bot.ports import Denied, Hosting


def examine_hosting(checkup: Checkup, hosting: Hosting, token: str) -> None:
    """Add GitHub's items. Each is asked for on its own: what may not be read hides nothing else."""
    if checkup.offline:
        checkup.items.append(Skipped("github"))
        return
    login = checkup.look("github.token", LOOK, hosting.me)
    if login is not None:
        checkup.items.append(rights.token(token, login))
    about = checkup.look("github.repository", LOOK, hosting.about)
    if about is None:
        return
    for area in get_args(Area):
        checkup.items += _permission(checkup, hosting, area, about)
    branch = about.default_branch
    wanted = checkup.policy.verification.ci.workflows if checkup.policy else ()
    if (found := checkup.look("github.workflows", 2 * LOOK, lambda: hosting.workflows(branch))) is not None:
        checkup.items += rights.workflows(found, wanted)
    checkup.items += _pulls(checkup, hosting, login)
    if (guard := checkup.look("github.protection", LOOK, lambda: hosting.protection(branch))) is not None:
        checkup.items.append(rights.protection(branch, guard))


def _permission(checkup: Checkup, hosting: Hosting, area: Area, about: About) -> tuple[Item, ...]:
    def refused() -> str:
        try:
            hosting.look(area, about.default_branch)
        except Denied as error:
            said = str(error).partition("; ")[0]
            return said.partition(": ")[2] or said  # what was tried is the item's own name
        return ""

    said = checkup.look(f"github.{area}", LOOK, refused)
    return () if said is None else (rights.permission(area, said or None),)


def _pulls(checkup: Checkup, hosting: Hosting, login: str | None) -> tuple[Item, ...]:
    if login is None:
        return (Unknown("github.pulls", "it is not known as whom this token speaks"),)
    found = checkup.look("github.pulls", LOOK, lambda: (hosting.may_open_pulls(),))
    return () if found is None else (rights.pulls(login, allowed=found[0]),)
