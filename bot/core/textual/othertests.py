"""What a patch does to tests and sources of other languages than Python, line by line: JavaScript, Go, Rust, Java and their kin.

Lines are counted over all files of one language: what moves is no finding. Not seen: an assertion over several lines whose
first line stays, helpers that assert, a test generated in a loop, and a name in a comment is a name like any other.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bot.core.changed import Changed
from bot.core.clean import line
from bot.core.paths import ending, is_test
from bot.core.textual.finding import Finding, Grave, Kind


@dataclass(frozen=True, slots=True)
class Language:
    """Patterns of one language. `named` finds tests, with the name in its last group that matched."""

    named: re.Pattern[str]
    asserts: re.Pattern[str]
    exact: re.Pattern[str]
    vague: re.Pattern[str]
    empty: re.Pattern[str]
    skips: re.Pattern[str]
    retries: re.Pattern[str]
    knows: re.Pattern[str]
    """How source tells that it is tested."""
    leaves: re.Pattern[str]
    swallows: re.Pattern[str]
    inside: bool = False
    """Tests stand in source files."""


_NEVER = re.compile(r"(?!)")
_JS = Language(
    re.compile(r"""(?<![\w.])(?:it|test|specify)(?:\.(?:only|concurrent|failing|skip))?\s*\(\s*(["'`])((?:(?!\1).){1,200})\1"""),
    re.compile(r"(?<![\w.])(?:expect(?:TypeOf)?|assert(?:\.\w+)?|sinon\.assert\.\w+)\s*\(|\.should\."),
    re.compile(
        r"\.(?:toBe|toEqual|toStrictEqual|toHaveLength|deep\.equal|equal|eql|strictEqual|deepStrictEqual|toThrow(?:Error)?|toBeNull)\((?!\s*expect\.any)"
    ),
    re.compile(
        r"\.(?:toBeTruthy|toBeDefined|toContain\w*|toMatch\w*|toBeInstanceOf|toBeGreaterThan\w*|toBeLessThan\w*|toHaveProperty|ok|exist|include|toBeCalled"
        r"|toHaveBeenCalled)\b|\.not\.|expect\.(?:any|anything)\b|assert(?:\.ok)?\("
    ),
    re.compile(
        r"expect\(\s*(true|false|null|\d+)\s*\)\.to(?:Be|Equal|StrictEqual)\(\s*\1\s*\)|assert(?:\.ok)?\(\s*true\s*[,)]|expect\(true\)\.toBeTruthy"
    ),
    re.compile(
        r"(?<![\w.])(?:it|test|describe|context|suite|specify|bench)(?:\.\w+)*\.(?:skip|only|todo|fixme|failing|fails|skipIf|runIf)\b"
        r"|(?<![\w.])(?:xit|xtest|xdescribe|fit|fdescribe|xcontext)\s*\(|\bthis\.skip\(\)|\bpending\(\)"
    ),
    re.compile(r"\bretryTimes\s*\(|\.retries\s*\(|\bretry\s*:\s*[1-9]"),
    re.compile(
        r"""\bNODE_ENV\b.{0,9}[!=]==?\s*["'`]test|["'`]test["'`]\s*[!=]==?\s*process\.env\.NODE_ENV|\bJEST_WORKER_ID\b|\bVITEST\b"""
        r"""|\bimport\.meta\.(?:vitest|jest)\b|\btypeof\s+(?:jest|vi|describe|it|expect)\b|\bprocess\.env\.CI\b"""
    ),
    re.compile(r"\bprocess\.(?:exit|abort|kill|reallyExit)\s*\(|\bDeno\.exit\s*\("),
    re.compile(r"\bcatch\s{0,20}(?:\([^)\n]{0,80}\))?\s{0,20}\{\s{0,80}\}"),
)
_GO = Language(
    re.compile(r"^func\s+((?:Test|Fuzz|Example)\w*)\s*\(", re.MULTILINE),
    re.compile(r"\bt\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require|is|qt)\.\w+\("),
    re.compile(r"\b(?:assert|require)\.(?:Equal\w*|JSONEq|ErrorIs|ErrorAs|EqualError|Exactly|ElementsMatch|Nil|Len|Empty)\("),
    re.compile(
        r"\b(?:assert|require)\.(?:NotNil|NotEmpty|NotEqual|True|Contains|Error|NotZero|Greater\w*|Less\w*|IsType|Regexp|InDelta)\("
    ),
    re.compile(r"\b(?:assert|require)\.True\(\s*t\s*,\s*true\b|if\s+false\s*\{"),
    re.compile(r"\bt\.Skip(?:f|Now)?\(|^//go:build\s+(?:ignore|never|skip)\b|^// \+build ignore", re.MULTILINE),
    _NEVER,
    re.compile(
        r"\btesting\.Testing\(\)|flag\.Lookup\(\"test\.|os\.Getenv\(\"(?:CI|GITHUB_ACTIONS)\"\)|strings\.HasSuffix\(os\.Args\[0\],\s*\"\.test"
    ),
    re.compile(r"\bos\.Exit\(0\)|\bsyscall\.(?:Exit|Kill)\(|\bruntime\.Goexit\("),
    re.compile(r"^[ \t]*_[ \t]*=[ \t]*err\b|if\s+err\s*!=\s*nil\s*\{\s*\}", re.MULTILINE),
)
_RUST = Language(
    re.compile(
        r"#\[(?:\w+::)*test(?:\([^\]\n]{0,120}\))?\](?:\s{0,80}#\[[^\]\n]{0,120}\]){0,9}\s{0,80}(?:pub\s+)?(?:async\s+)?fn\s+(\w+)"
    ),
    re.compile(r"\b(?:debug_|prop_)?assert(?:_eq|_ne|_matches)?!|\bpanic!\("),
    re.compile(r"\bassert_eq!"),
    re.compile(r"\bassert(?:_ne|_matches)?!"),
    re.compile(r"\bassert!\(\s*true\b|\bassert_eq!\(\s*(\w+)\s*,\s*\1\s*[,)]"),
    re.compile(r"#\[ignore\b|#\[cfg\((?:any\(\)|FALSE|not\(test\))\)\]|#\[cfg_attr\([^\]\n]{0,120}\bignore\b|#\[should_panic\]"),
    _NEVER,
    re.compile(r"\bcfg!\(test\)|env::var(?:_os)?\(\"(?:CI|GITHUB_ACTIONS|NEXTEST\w*)\"\)"),
    re.compile(r"\bprocess::(?:exit|abort)\("),
    re.compile(r"\blet\s+_\s*=\s*\w+\.(?:unwrap_err|err)\(\)"),
    inside=True,
)
_JAVA = Language(
    re.compile(r"@(?:Test|ParameterizedTest|RepeatedTest)\b[^;{}]{0,300}?(?:void|fun)\s+(`[^`\n]+`|\w+)\s*\("),
    re.compile(r"\b(?:assert\w*|verify|fail)\s*\("),
    re.compile(r"\bassert(?:Equals|ArrayEquals|Same|Null|IterableEquals|LinesMatch|Throws|ThrowsExactly)\b|\.isEqualTo\("),
    re.compile(
        r"\bassert(?:True|NotNull|NotEquals|NotSame|InstanceOf|DoesNotThrow)\b|\.is(?:NotNull|NotEmpty|InstanceOf|NotEqualTo)\b|\.contains\("
    ),
    re.compile(r"\bassertTrue\(\s*true\s*[,)]|\bassertEquals\(\s*(\w+)\s*,\s*\1\s*\)"),
    re.compile(
        r"@(?:Disabled|Ignore|EnabledIf|DisabledIf|DisabledOn|EnabledOn)\w*\b|\bassume(?:True|False|That)\s*\(|\benabled\s*=\s*false"
    ),
    re.compile(r"@(?:RetryingTest|Retry|Flaky\w*|RepeatedIfExceptionsTest)\b"),
    re.compile(r"""org\.junit|getenv\(\s*"CI"|surefire\.|getStackTrace\(\).{0,80}(?:junit|Test)"""),
    re.compile(r"\bSystem\.exit\(\s*0|\bRuntime\.getRuntime\(\)\.(?:halt|exit)\(|\bexitProcess\("),
    re.compile(r"\bcatch\s*\(\s*(?:final\s+)?(?:Exception|Throwable|RuntimeException|AssertionError)\s+\w+\s*\)\s*\{\s*\}"),
)
_LANGUAGES = {
    **dict.fromkeys(("js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "vue", "svelte"), _JS),
    "go": _GO,
    "rs": _RUST,
    **dict.fromkeys(("java", "kt", "kts", "scala"), _JAVA),
}
_MOST = 20
"""Findings of one rule that are told."""
_COMMENT = re.compile(r"^[ \t]*(?://(?!go:build| \+build)|/\*|\*(?!\w)).*$", re.MULTILINE)


def othertests(changes: tuple[Changed, ...]) -> tuple[Finding, ...]:
    """Language by language, in the order of the files."""
    found: list[Finding] = []
    for language in (_JS, _GO, _RUST, _JAVA):
        files = [change for change in changes if _LANGUAGES.get(ending(change.path)) is language]
        tests = [_half(change, tests=True) for change in files if language.inside or is_test(change.path)]
        sources = [_half(change, tests=False) for change in files if not is_test(change.path)]
        found += [*_deleted(language, tests), *_asserted(language, tests), *_marked(language, tests), *_sources(language, sources)]
    return tuple(found)


_TESTS_BEGIN = re.compile(r"^[ \t]*#\[(?:cfg\(test\)|(?:\w+::)*test)\]", re.MULTILINE)


def _half(change: Changed, *, tests: bool) -> Changed:
    """Without comment lines; of a source file with tests at its end, the one half or the other, each line at its place."""
    return replace(change, before=_part(change, change.before, tests=tests), after=_part(change, change.after, tests=tests))


def _part(change: Changed, text: str | None, *, tests: bool) -> str | None:
    if text is None:
        return None
    bare = _COMMENT.sub("", text)
    if is_test(change.path) or ending(change.path) != "rs":
        return bare
    found = _TESTS_BEGIN.search(bare)
    start = found.start() if found else len(bare)
    return "\n" * bare.count("\n", 0, start) + bare[start:] if tests else bare[:start]


def _names(language: Language, text: str | None) -> Iterator[tuple[str, int]]:
    for found in language.named.finditer(text or ""):
        yield found[found.lastindex or 0], found.start()


def _deleted(language: Language, tests: list[Changed]) -> Iterator[Finding]:
    there = Counter(name for change in tests for name, _ in _names(language, change.after))
    told = 0
    for change in tests:
        for name, place in _names(language, change.before):
            there[name] -= 1
            if there[name] < 0 and (told := told + 1) <= _MOST:
                number = (change.before or "").count("\n", 0, place) + 1
                yield Finding("test deleted", change.path, number, f"the test `{line(name, 80)}` was deleted or renamed", "veto")


def _rows(pattern: re.Pattern[str], text: str | None) -> Counter[str]:
    return Counter(" ".join(row.split()) for row in (text or "").split("\n") if pattern.search(row))


def _subject(row: str) -> str:
    """What a line is about: up to its matcher or the end of its first argument."""
    return re.split(r"\)\s*\.|,", row, maxsplit=1)[0].partition("(")[2]


def _asserted(language: Language, tests: list[Changed]) -> Iterator[Finding]:
    rows = [(change, _rows(language.asserts, change.before), _rows(language.asserts, change.after)) for change in tests]
    gone = sum((before - after for _, before, after in rows), Counter[str]())
    come = sum((after - before for _, before, after in rows), Counter[str]())
    for change, before, after in rows:  # a row that is in both has moved
        for was, now in _paired(list((before - after - come).elements()), list((after - before - gone).elements())):
            if now is None:
                yield Finding("assertion removed", change.path, 0, f"`{line(was, 100)}` is gone", "veto")
            else:
                yield from _compared(language, change.path, was, now)


def _paired(gone: list[str], come: list[str]) -> list[tuple[str, str | None]]:
    """Each row that is gone with the one that stands for it: about the same thing, else the next."""
    about: dict[str, list[int]] = {}
    for place, row in reversed(list(enumerate(come))):
        about.setdefault(_subject(row), []).append(place)
    found = {row: places.pop() if (places := about.get(_subject(was))) else -1 for row, was in enumerate(gone)}
    taken = set(found.values())
    rest = iter([place for place in range(len(come)) if place not in taken])
    chosen = [found[row] if found[row] >= 0 else next(rest, -1) for row in range(len(gone))]
    return [(was, come[place] if place >= 0 else None) for was, place in zip(gone, chosen, strict=True)]


_CLOSE = re.compile(r"toBeCloseTo\([^,()]*,\s*(\d+)")


def _compared(language: Language, path: str, was: str, now: str) -> Iterator[Finding]:
    change = f"`{line(was, 90)}` became `{line(now, 90)}`"
    digits = [found[1] for row in (was, now) if (found := _CLOSE.search(row))]
    if len(digits) == 2 and int(digits[1][:9]) < int(digits[0][:9]):
        yield Finding("tolerance widened", path, 0, change, "veto")
    elif language.exact.search(was) and language.vague.search(now) and not language.exact.search(now):
        yield Finding("assertion loosened", path, 0, change, "veto")
    else:
        yield Finding("expectation rewritten", path, 0, change, "weak")


Part = Callable[[Language], re.Pattern[str]]
_MARKS: tuple[tuple[Kind, Part, str], ...] = (
    ("test skipped", lambda language: language.skips, "tests now have"),
    ("test retried", lambda language: language.retries, "tests now have"),
    ("assertion always true", lambda language: language.empty, "tests now assert what is always true:"),
)
_SIGNS: tuple[tuple[Kind, Part, str, Grave], ...] = (
    ("detects tests", lambda language: language.knows, "source can tell that it is tested by", "veto"),
    ("exits early", lambda language: language.leaves, "source now has", "veto"),
    ("swallows", lambda language: language.swallows, "source swallows an error:", "weak"),
)


def _more(pattern: re.Pattern[str], files: list[Changed]) -> Iterator[tuple[Changed, str, int]]:
    """What matches in files after the patch more often than before, over all of them."""
    known = Counter(line(found[0], 80) for change in files for found in pattern.finditer(change.before or ""))
    told = 0
    for change in files:
        bare = change.after or ""
        for found in pattern.finditer(bare):
            what = line(found[0], 80)
            known[what] -= 1
            if known[what] < 0 and (told := told + 1) <= _MOST:
                yield change, what, bare.count("\n", 0, found.start()) + 1


def _marked(language: Language, tests: list[Changed]) -> Iterator[Finding]:
    for kind, part, said in _MARKS:
        for change, what, number in _more(part(language), tests):
            yield Finding(kind, change.path, number, f"{said} `{what}`", "veto" if change.before is not None else "weak")


_COMMANDS = re.compile(r"(?:^|/)(?:cmd|bin|scripts?|tools?|cli)/|(?:^|/)(?:main|cli|index|bin|__main__)\.\w+$", re.IGNORECASE)


def _sources(language: Language, sources: list[Changed]) -> Iterator[Finding]:
    for kind, part, said, grave in _SIGNS:
        for change, what, number in _more(part(language), sources):
            if kind != "exits early" or not (_COMMANDS.search(change.path) or language.leaves.search(change.before or "")):
                yield Finding(kind, change.path, number, f"{said} `{what}`", grave)
