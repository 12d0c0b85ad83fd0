"""The grammar of commands: exactly what is documented is one, and nothing that only looks like one."""

import pytest

from bot.core.command import Command, NearMiss, heard, may_be


@pytest.mark.parametrize(
    ("body", "verb", "lane", "instructions"),
    [
        ("/agent fix", "fix", None, ""),
        ("\n \n/agent fix  \n", "fix", None, ""),
        ("/agent\tfix lane=strong", "fix", "strong", ""),
        ("/agent fix lane=strong keep the API", "fix", "strong", "keep the API"),
        ("/agent fix keep lane=strong", "fix", None, "keep lane=strong"),
        ("/agent fix the sum\r\n\r\n> what ann wrote\r\nand mine", "fix", None, "the sum\n> what ann wrote\nand mine"),
        ("/agent explain", "explain", None, ""),
        ("/agent help", "help", None, ""),
    ],
)
def test_a_command_is_read_whole(body, verb, lane, instructions):
    assert heard(body, "/agent") == Command(verb, lane, instructions)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "> /agent fix",
        "    /agent fix",
        " /agent fix",
        "```\n/agent fix\n```",
        "<!-- -->\n/agent fix",
        "<!--\n/agent fix\n-->",
        "please /agent fix",
        "hello\n/agent fix",
        "/agentfix",
        "/agents fix",
        "`/agent fix`",
        "/аgent fix",  # noqa: RUF001 - a Cyrillic a
        "/a\u200bgent fix",
        "\u200b/agent fix",
        "\ufeff/agent fix",
        "\u2028/agent fix",
        "/other fix",
    ],
)
def test_what_only_looks_like_a_command_is_nothing(body):
    assert heard(body, "/agent") is None


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ("/agent fxi", "fix"),
        ("/agent FIX", "fix"),
        ("/Agent fix", "fix"),
        ("/agent", ""),
        ("/agent expalin", "explain"),
        ("/agent 🚀", ""),
    ],
)
def test_a_near_miss_says_what_may_have_been_meant(body, meant):
    found = heard(body, "/agent")
    assert isinstance(found, NearMiss)
    assert found.meant == meant


def test_another_trigger_takes_the_place_of_the_usual_one():
    assert heard("/bot fix", "/bot") == Command("fix", None, "")
    assert heard("/agent fix", "/bot") is None


@pytest.mark.parametrize(
    ("body", "may"), [("/bot fix", True), ("thanks!", False), ("> /agent fix", False), ("//", False), ("", False)]
)
def test_the_first_look_lets_through_whatever_could_be_a_command_under_any_policy(body, may):
    assert may_be(body) is may
