"""Every link in the documents leads somewhere, and every file and name that they tell of is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import dev
from tests.documents.parts import DOCUMENTS, ROOT, anchors, links, spans, tracked


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path):
    files = tracked()
    folders = {str(parent) for name in files for parent in Path(name).parents}
    for link in links(file):
        target, _, anchor = link.text.partition("#")
        if "://" in target:
            assert target.startswith("https://"), link
            continue
        path = (file.parent / target).resolve() if target else file
        name = str(path.relative_to(ROOT))
        assert name in files or name in folders, link
        assert not anchor or anchor in anchors(path), link


THEIRS = (".github/workflows/", ".github/route-agent.yml", ".github/CODEOWNERS")
"""What is to be in a repository that uses it."""


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_file_of_ours_that_is_named_is_there(file: Path):
    for span in spans(file):
        if re.match(r"(docs|templates|bench|tests|bot|host|\.github|\.ci)/[^ ]*$", span.text) and not span.text.startswith(THEIRS):
            assert list(ROOT.glob(span.text.rstrip("/"))), span


def named_in(text: str) -> Iterator[tuple[str, str]]:
    """Names of ours with the file that they are said to stand in: "`A` and `B` in `file`", "`A` (`file`)"."""
    for each in re.finditer(r"((?:`\w+`(?:,| and| or)?(?: its [a-z ]+)? )+)(?:in |\()`([\w/]+\.py)`", " ".join(text.split())):
        yield from ((name, each[2]) for name in re.findall(r"`(\w+)`", each[1]))


def test_what_a_contributor_is_to_change_stands_in_the_file_that_is_named():
    found = list(named_in((ROOT / "CONTRIBUTING.md").read_text()))
    assert {"WEIGHTS", "CAPS", "SignalName", "RULES", "Provider", "KEYS", "ADDRESSES", "ADDRESSED", "TABLE", "MODELS"} <= {
        *dict(found)
    }
    for name, file in found:
        assert re.search(rf"^(?:class |def )?{name}\b *[:=(]", (ROOT / file).read_text(), re.MULTILINE), f"{file} has no {name}"


def test_what_dev_py_says_can_be_typed_is_what_it_does():
    said = re.findall(r"^python3 dev\.py (\w+)", str(dev.__doc__), re.MULTILINE)
    assert sorted(said) == sorted(dev.COMMANDS)
