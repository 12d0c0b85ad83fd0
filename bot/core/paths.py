"""What a path says about a file: code, test or neither."""

import re

CODE = frozenset(
    "py pyi js mjs cjs jsx ts mts cts tsx go rs rb php java kt kts scala c h cc cpp cxx hpp cs swift m mm sh bash pl pm lua ex "
    "exs erl hs ml mli clj dart jl r sql zig vue svelte".split()
)
_RUN_ELSEWHERE = frozenset(
    "pyx pxd pxi pyw ps1 psm1 bat cmd fish zsh ksh awk groovy gradle fs vb vbs nim f90 d tcl ipynb sol cu asm s elm cljs astro "
    "bzl rake gemspec podspec cmake mk phtml mdx".split()
)
"""Some endings of code that no signal and no finding knows."""
_PROSE = re.compile(
    r"readme|licen[cs]e|copying|copyright|notice|authors|contribut|maintainers|codeowners|change|history|news|todo|version|install"
    r"|credits|thanks|security|code_of_conduct|\.\w*ignore\Z|\.gitattributes\Z|\.editorconfig\Z|\.mailmap\Z|\.nojekyll\Z"
)
"""How names begin that have no ending and are read by people, or say what belongs to the repository."""
_BUILDS = frozenset({"cmakelists.txt", "pom.xml", "build.xml"})
_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "testdata", "e2e"})
"""Not `testing`, `spec` or `fixtures`: packages ship code in such folders, and what counts as a test is asked less of."""


def ending(path: str) -> str:
    """The part after the last dot of the file's name, in lower case; empty where there is none."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name.lstrip(".") else ""


def is_code(path: str) -> bool:
    return ending(path) in CODE


def is_program(path: str) -> bool:
    """Whether something may run it: code of languages we know, and what has no ending, as scripts have none, but for `README`."""
    name, kind = path.rpartition("/")[2].lower(), ending(path)
    return kind in CODE or kind in _RUN_ELSEWHERE or name in _BUILDS or not (kind or _PROSE.match(name))


def is_test(path: str) -> bool:
    """By the habits of pytest, unittest, Jest, Vitest, Go, RSpec and Maven."""
    *folders, name = path.lower().split("/")
    stem = name.partition(".")[0]
    return (
        any(folder in _TEST_FOLDERS for folder in folders)
        or stem.startswith("test_")
        or stem in ("test", "tests", "conftest")
        or stem.endswith(("_test", "_tests", "_spec"))
        or ".test." in name
        or ".spec." in name
    )
