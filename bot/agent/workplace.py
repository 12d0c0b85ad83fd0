"""What a lane may do to a tree. Each action gives back text for the model."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.agent.showing import credentials, listed
from bot.agent.tools import Delete, Edit, Read, RunCheck, Search, Write
from bot.core.checks import Check, Run
from bot.core.clean import veiled
from bot.core.patch import aliases, hidden, protecting
from bot.ports import Tree

SEARCH_SECONDS = 5.0
READ_LINES = 400
"""The most lines one `read` brings; the rest is asked for by line number."""
SHOWN_CHARACTERS = 12_000
_PASSED = re.compile(r"^[^\n]*(?: \.\.\. ok| PASSED(?: +\[ *\d+%\])?)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an action brought. `slow` marks a search that was cut off."""

    text: str
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the task shows already: files whole, and how checks ran on the unchanged tree. To show it twice costs twice."""

    files: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()


UNSEEN = "{} is not shown: by its name it holds credentials. The change has to do without it."
PROTECTED = "No patch may touch what `{}` protects: unless this is as it was, the whole patch is thrown away."
CREDENTIALS = "Not done: of {} you were not shown what is shaped like a credential. Use `edit`."


@dataclass(frozen=True, slots=True)
class Workplace:
    """A tree to work on, the checks that can run on it, and the way to run one."""

    tree: Tree
    checks: tuple[Check, ...]
    run: Callable[[Check], Run]
    known: Known = Known()
    protect: tuple[str, ...] = ()
    """The policy's `protect.paths`; the built-in ones hold besides."""

    def take(self, action: Search | Read | Edit | Write | Delete | RunCheck) -> Seen:
        try:
            return self._take(action)
        except KeyError:
            return Seen(f"There is no file `{getattr(action, 'path', '')}`.{self._like(getattr(action, 'path', ''))}")
        except ValueError as error:
            return Seen(f"Not done: {error}")
        except TimeoutError:
            return Seen(f"The search did not end within {SEARCH_SECONDS:.0f} s. Use a simpler pattern.", slow=True)

    def _take(self, action: Search | Read | Edit | Write | Delete | RunCheck) -> Seen:
        match action:
            case Search():
                return Seen(self._search(action))
            case Read():
                return Seen(self._read(action))
            case Edit():
                return Seen(self._edit(action))
            case Write():
                return Seen(self._write(action))
            case Delete(path=path):
                return Seen(self._delete(path))
            case RunCheck(name=name):
                return Seen(self._check(name))

    def _like(self, path: str) -> str:
        name = path.rpartition("/")[2]
        found = [other for other in self.tree.files() if name and other.rpartition("/")[2] == name][:5]
        return f" Did you mean {', '.join(found)}?" if found else ""

    def _search(self, action: Search) -> str:
        hits = self.tree.search(action.pattern, action.glob, SEARCH_SECONDS)
        lines = list(listed(self.tree, hits))
        return shortened("\n".join(lines)) if lines else "Nothing found."

    def _read(self, action: Read) -> str:
        if action.path in self.known.files and action.path not in self.tree.edited():
            return f"{action.path} stands whole in the task, and is as it is there."
        content = self.tree.read(action.path)
        if hidden(action.path):
            return UNSEEN.format(action.path)
        if b"\0" in content[:8_000]:
            return f"{action.path} is not a text file."
        text = content.decode(errors="replace")  # a reply may hold any text, a prompt none that is no UTF-8
        lines = veiled(text.replace("\r\n", "\n")).split("\n")
        last = min(len(lines), action.end or len(lines), action.start + READ_LINES - 1)
        body = "\n".join(lines[action.start - 1 : last])
        return f"{action.path}, lines {action.start} to {last} of {len(lines)}:\n{shortened(body)}"

    def _delete(self, path: str) -> str:
        if self._hides(path):
            return UNSEEN.format(path)
        self.tree.delete(path)
        return self._done("Deleted", path)

    def _hides(self, path: str) -> bool:
        """Whether a file is there that nobody is shown: what an edit of it says, and what it leaves in the patch, would show it."""
        return hidden(path) and path in self.tree.files()

    def _write(self, action: Write) -> str:
        """A file that was not shown as it is cannot be written anew from what was shown."""
        if action.path in self.tree.files() and credentials(self.tree, action.path):
            return UNSEEN.format(action.path) if hidden(action.path) else CREDENTIALS.format(action.path)
        self.tree.write(action.path, action.content.encode(errors="surrogateescape"))
        return self._done("Wrote", action.path)

    def _edit(self, action: Edit) -> str:
        if self._hides(action.path):
            return UNSEEN.format(action.path)
        before = self.tree.read(action.path).decode(errors="surrogateescape")
        old, new = action.old, action.new
        if "\r\n" in before:  # a model writes \n; the file keeps the line ends it has
            old, new = (re.sub(r"\r?\n", "\r\n", text) for text in (old, new))
        found = before.count(old)
        if found != 1:
            where = "does not stand in the file" if found == 0 else f"stands there {found} times"
            return f"Not done: `old` {where}. Copy it exactly from the file, with enough lines around it to be the only place."
        self.tree.write(action.path, before.replace(old, new).encode(errors="surrogateescape"))
        return self._done("Edited", action.path)

    def _done(self, did: str, path: str) -> str:
        """And at once where no patch may do it: found out when the patch is judged, it costs the attempt."""
        rule = self._protecting(path) if path in self.tree.edited() else None
        return f"{did} {path}." if rule is None else f"{did} {path}. {PROTECTED.format(rule)}"

    def _protecting(self, path: str) -> str | None:
        """By its own name, or by one that a link of the repository gives it."""
        names = (path, *(aliases(path, self.tree.links()) or ()))
        return next((rule for name in names if (rule := protecting(name, self.protect))), None)

    def _check(self, name: str) -> str:
        check = next((check for check in self.checks if check.name == name), None)
        if check is None:
            return f"There is no check `{name}`. The checks are: {', '.join(c.name for c in self.checks)}."
        before = next((run for run in self.known.runs if run.check == name), None)
        if before is not None and not self.tree.edited():
            return f"Nothing is changed yet: `{check.run}` prints what stands in the task."
        done = self.run(check)
        how = f"did not end within {done.seconds:.0f} s" if done.timed_out else f"ended with exit code {done.exit_code}"
        return f"`{check.run}` {how}.\n{shortened(failures(done.tail))}"


def failures(output: str) -> str:
    """A check's output without its lines for passed tests, as unittest and pytest write them: each call would send them again."""
    return _PASSED.sub("", output)


def shortened(text: str) -> str:
    """At most 12,000 characters: the beginning and the end, and how much is left out between them."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    half = SHOWN_CHARACTERS // 2
    return f"{text[:half]}\n[{len(text) - SHOWN_CHARACTERS} characters left out]\n{text[-half:]}"
