"""What a path says about a file: code, test or neither."""

CODE = frozenset(
    "py pyi js mjs cjs jsx ts mts cts tsx go rs rb php java kt kts scala c h cc cpp cxx hpp cs swift m mm sh bash pl pm lua ex "
    "exs erl hs ml mli clj dart jl r sql zig vue svelte".split()
)
_RUN_ELSEWHERE = frozenset(
    "pyx pxd pxi ps1 psm1 bat cmd fish zsh ksh awk groovy gradle fs vb nim f90 d tcl ipynb sol cu asm s elm cljs astro".split()
)
"""Endings of code that no signal and no finding knows."""
_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "testdata", "e2e"})
"""Not `testing`, `spec` or `fixtures`: packages ship code in such folders, and what counts as a test is asked less of."""


def ending(path: str) -> str:
    """The part after the last dot of the file's name, in lower case; empty where there is none."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name.lstrip(".") else ""


def is_code(path: str) -> bool:
    return ending(path) in CODE


def is_program(path: str) -> bool:
    """Whether something may run it: code of any language, and what has no ending, as scripts have none. `README` is no script."""
    name, kind = path.rpartition("/")[2], ending(path)
    return kind in CODE or kind in _RUN_ELSEWHERE or not (kind or name.isupper() or name.startswith("."))


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
