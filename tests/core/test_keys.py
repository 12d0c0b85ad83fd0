"""Which key may go where, and what set-up commands may see, without any server."""

import pytest

from bot.core.keys import Keys, Shown, Withheld, confided, said, shown
from bot.core.lane import Lane

ENV = {"OPENROUTER_API_KEY": "a", "OPENAI_API_KEY": "b", "LITELLM_API_KEY": "c", "CORP_KEY": "d", "AWS_SECRET_ACCESS_KEY": "e"}


def lane(provider: str, url: str | None = None, name: str | None = None) -> Lane:
    return Lane(name="fast", provider=provider, model="m", base_url=url, api_key_env=name)  # type: ignore[arg-type]


def sent(to: Lane, word: str = "", unasked: str = "to its own provider") -> bool:
    return not isinstance(Keys(ENV, unasked, said(word)).of(to), Withheld)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("to", "goes"),
    [
        (lane("openrouter"), True),
        (lane("openrouter", "https://openrouter.ai/api/v2"), True),
        (lane("openrouter", "http://openrouter.ai/api/v1"), False),
        (lane("openrouter", "https://openrouter.ai.evil.example/api/v1"), False),
        (lane("openrouter", "https://openrouter.ai:8443/api/v1"), False),
        (lane("openrouter", None, "AWS_SECRET_ACCESS_KEY"), False),
        (lane("openai_compatible", "https://openrouter.ai/api/v1", "AWS_SECRET_ACCESS_KEY"), False),
        (lane("openai", "http://127.0.0.1:4000/v1"), False),
        (lane("litellm", "http://127.0.0.1:4000/v1"), True),
        (lane("litellm", "http://localhost:4000/v1"), True),
        (lane("litellm", "http://[::1]:4000/v1"), True),
        (lane("litellm", "http://127.0.0.1.evil.example/v1"), False),
        (lane("litellm", "https://llm.example/v1"), False),
        (lane("litellm", "http://127.0.0.1:4000/v1", "CORP_KEY"), False),
    ],
)
def test_unasked_a_key_goes_to_its_own_provider_alone(to, goes):
    assert sent(to) == goes


@pytest.mark.parametrize(
    ("word", "url", "goes"),
    [
        ("CORP_KEY@llm.example", "https://llm.example/v1", True),
        ("CORP_KEY@LLM.example", "https://llm.EXAMPLE:8443/v1", True),
        ("CORP_KEY@llm.example:8443", "https://llm.example:8443/v1", True),
        ("CORP_KEY@llm.example:8443", "https://llm.example/v1", False),
        ("CORP_KEY@llm.example", "https://xllm.example/v1", False),
        ("CORP_KEY@llm.example", "http://llm.example/v1", False),
        ("CORP_KEY@http://llm.example", "http://llm.example/v1", True),
        ("CORP_KEY@http://llm.example", "https://llm.example/v1", False),
        ("OTHER_KEY@llm.example, CORP_KEY@127.0.0.1", "http://127.0.0.1:8000/v1", True),
        ("OTHER_KEY@llm.example", "https://llm.example/v1", False),
    ],
)
def test_a_person_says_which_key_may_go_to_which_host(word, url, goes):
    assert sent(lane("openai_compatible", url, "CORP_KEY"), word) == goes


def test_a_workflow_that_hands_a_key_over_may_have_it_sent_anywhere_but_unencrypted_and_can_bind_it():
    corp, plain = lane("litellm", "https://llm.example/v1"), lane("litellm", "http://llm.example/v1")
    assert sent(corp, unasked="anywhere")
    assert not sent(plain, unasked="anywhere")
    assert sent(plain, "LITELLM_API_KEY@http://llm.example", "anywhere")
    assert not sent(corp, "LITELLM_API_KEY@other.example", "anywhere")
    assert not sent(lane("openai"), "OPENAI_API_KEY@llm.example", "anywhere"), "nor to its own provider's address"
    assert sent(lane("openai"), "OPENAI_API_KEY@llm.example"), "a person's word on a machine of theirs adds to what goes unasked"
    assert sent(corp, "OPENAI_API_KEY@api.openai.com", "anywhere"), "another key's word binds this one to nothing"


def test_no_key_is_withheld_from_nobody():
    assert Keys({}, "to its own provider").of(lane("litellm", "http://llm.example/v1")) == ""
    assert Keys(ENV, "to its own provider").of(lane("openai_compatible", "http://llm.example/v1")) == ""


@pytest.mark.parametrize(
    "word", ["CORP_KEY", "CORP_KEY@", "@llm.example", "corp@llm.example", "K@a@b", "K@ftp://x", "K@h/p", "*@h"]
)
def test_a_word_that_is_none_is_said(word):
    with pytest.raises(ValueError, match="write NAME@HOST"):
        said(word)


def test_set_up_sees_how_packages_are_reached_and_no_secret():
    open_ = {
        "PIP_INDEX_URL": "https://index.example/simple/of-the-year-2026-and-later",
        "UV_CACHE_DIR": "/c/0123456789abcdef0123",
        "npm_config_registry": "https://r1234567890abcdef.example",
        "NO_PROXY": "localhost,127.0.0.1",
    }
    closed = {
        "npm_config__authToken": "x",
        "npm_config_//r.example/:_password": "x",
        "UV_INDEX_CORP_PASSWORD": "x",
        "UV_PUBLISH_TOKEN": "x",
        "PIP_EXTRA_INDEX_URL": "https://ann:hunter2@index.example/simple",
        "HTTPS_PROXY": "http://token@proxy.example:3128",
        "HTTP_PROXY": "ann:hunter2@proxy.example:3128",
        "PIP_FIND_LINKS": "https://dl.example/0aBcDeFgHiJkLmNo/corp/python/simple/",
        "UV_DEFAULT_INDEX": "https://dl.example/simple?key=0aBcDeFgHiJkLmNo",
        "UV_INDEX_CORP_USERNAME": "x",
        "UV_INDEX": "corp=https://index.example/?t=ghp_000000000000000000000000000000000000",
    }
    assert shown({**open_, **closed, "AWS_SECRET_ACCESS_KEY": "x", "HOME": "/h"}) == Shown(open_, tuple(sorted(closed)))


def test_a_person_names_what_else_set_up_may_see():
    env = {"PIP_INDEX_URL": "https://ann:x@i.example", "CORP": "1", "ROUTE_AGENT_SETUP_ENV": "PIP_INDEX_URL, CORP ABSENT"}
    assert shown(env) == Shown({"PIP_INDEX_URL": "https://ann:x@i.example", "CORP": "1"}, ())
    assert confided(shown(env).values) == ("https://ann:x@i.example",), "a word that is in every file is none to be taken out"
