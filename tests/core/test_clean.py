"""What strangers write, cleaned: linear in time, whatever it is made of."""

import base64
import re
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import locate, rules
from bot.core.clean import inline, printable, redact, secret_name, veiled, visible
from bot.core.diff import parse
from bot.core.facts import Facts, NotApplicable

HUGE = 200_000
HEAD = "-----BEGIN PRIVATE KEY-----"
NOTHING = NotApplicable("none")


@pytest.mark.parametrize(
    "piece",
    [
        "![",
        "![](",
        "<!--",
        " alt=",
        ' alt="',
        " alt='",
        "eyJ",
        "eyJaaaaaaaaaa.",
        "&#",
        "xoxb-",
        "sk-",
        "-----BEGIN ",
        HEAD,
        f"{HEAD}{'a' * 59}.",
        HEAD + "a" * 64,
    ],
)
def test_cleaning_takes_time_in_proportion(piece):
    text = piece * (HUGE // len(piece))
    start = time.process_time()
    visible(text)
    redact(text)
    veiled(text)
    redact(text, (piece * 20, KEY))
    inline(text)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("piece", ["\n", " ", "@", "+", "a/", "a.", "at a.b:", 'File "', "(Aa.", "Aa", "a_", "`a"])
def test_locating_takes_time_in_proportion(piece):
    text = (piece * HUGE)[: locate.MOST_TEXT]
    start = time.process_time()
    locate.named(text, ("src/a.py",))
    locate.symbols(text)
    locate.words(text)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("added", ["", " ", "export ", "op.", "env.", "models.", "CREATE "])
def test_rules_take_time_in_proportion_to_a_change(added):
    rows = HUGE // 4
    body = f"+{added}\n" * rows
    text = f"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -0,0 +1,{rows} @@\n{body}"
    facts = Facts(parse(text), NOTHING, NOTHING, (), "")
    start = time.process_time()
    rules.needs_new_code(facts)
    rules.schema_change(facts)
    rules.secrets_handling(facts)
    assert time.process_time() - start < 2


def test_hidden_text_is_left_out_and_shown_text_stays():
    assert visible('a <!-- no --> b ![alt](http://x/y.png) c <img alt="no"> d\u200be') == "a  b  c <img> de"
    assert visible("see [the docs](http://x) and a[0](b)") == "see [the docs](http://x) and a[0](b)"


def test_tokens_are_taken_out():
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    assert redact(f"Bearer {jwt}; ghp_{'a' * 36}") == "Bearer [redacted]; [redacted]"


@pytest.mark.parametrize("kind", ["sk_live_", "rk_live_"])
def test_both_kinds_of_a_shop_s_key_that_moves_money_are_taken_out(kind):
    assert redact(f"pay={kind}{'a1' * 8};") == veiled(f"pay={kind}{'a1' * 8};") == "pay=[redacted];"


@pytest.mark.parametrize(
    "said",
    [
        "task-list-item-checkbox-wrapper",
        "disk-usage-percentage-threshold-80",
        "risk-adjusted-return-V2-calculator",
        "sk-a-name-of-small-letters",
        "task_live_updates",
    ],
)
def test_everyday_words_are_no_keys(said):
    assert (redact(said), veiled(said)) == (said, said)


@pytest.mark.parametrize("before", ["", "key=", "Bearer", "\\n", "%3A", "%20", "\\u003a", "key_", "a", " "])
@pytest.mark.parametrize(
    "key", ["sk-proj-Ab1cdefghijklmnopqrst", f"sk-{'ab' * 11}1", "sk-ant-api03-abcdefghijklmnop", f"sk-{'ab' * 60}Z"]
)
def test_a_key_that_begins_as_words_end_is_one_whatever_stands_before_it(before, key):
    assert redact(f"{before}{key}") == veiled(f"{before}{key}") == f"{before}[redacted]"


ROWS = ["MIIEcanary" * 6 + "MIIE", "ABCDcanary" * 6 + "MIIE", "MIIEcanary=="]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *ROWS, "-----END RSA PRIVATE KEY-----"]),
        "\n".join(["-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,AB12", "", *ROWS]),
        "\r\n".join(["-----BEGIN PGP PRIVATE KEY BLOCK-----", "Version: GnuPG v2", "Comment: mine", "", *ROWS]),
        "\n".join(
            ["('-----BEGIN EC PRIVATE KEY-----\\n'", *(f"    '{row}\\n'" for row in ROWS), "    '-----END EC PRIVATE KEY-----')"]
        ),
        "[" + ",\n".join(f'"{row}"' for row in ["-----BEGIN PRIVATE KEY-----", *ROWS]) + "]",
        *(
            "".join(f"{row.join(signs)}\n" for row in [HEAD, *ROWS])
            for signs in (("<!-- ", " -->"), ("/* ", " */"), ("# # ", " #"))
        ),
        *("".join(f"{sign} {row}\n" for row in [HEAD, *ROWS]) for sign in ("#", "//", "--", " *", ";;;", "%", ">", "<!--", "REM")),
        "-----BEGIN PRIVATE KEY-----\\n" + "\\n".join(ROWS),
    ],
)
def test_of_a_private_key_nothing_is_shown_however_it_is_written(text):
    assert "canary" not in veiled(f"a = 1\n{text}\nb = 2\n")
    assert veiled(f"a = 1\n{text}\nb = 2\n").count("\n") == text.count("\n") + 3, "in as many lines"


def test_code_that_names_where_a_private_key_begins_is_shown():
    code = 'if text.startswith("-----BEGIN RSA PRIVATE KEY-----"):\n    return PrivateKey.parse(text, password, encoding)\n' * 9
    assert veiled(code) == code


KEY = "sk-kept/here+only=0123456789abcdefghij"


@pytest.mark.parametrize(
    "said",
    [
        KEY,
        KEY[7:],
        KEY[:-7],
        KEY[3:30],
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode().rstrip("="),
        quote(KEY, safe=""),
        KEY.encode().hex(),
        f"{KEY[7:]}{KEY[7:]}",
    ],
)
def test_a_key_of_ours_is_taken_out_whole_or_cut_in_every_usual_way_to_write_it(said):
    assert re.fullmatch(r"a (\[redacted\])+=* b", redact(f"a {said} b", (KEY,)))


@given(st.text(st.sampled_from("abc-"), max_size=60), st.text(st.sampled_from("abc-"), min_size=8, max_size=40))
def test_no_twenty_characters_of_a_key_are_left(text, secret):
    left = redact(f"{text}{secret}{text}{secret[5:]}", (secret,))
    assert not [secret[n : n + 20] for n in range(len(secret) - 19) if secret[n : n + 20] in left]
    assert secret not in left


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "INPUT_GITHUB-TOKEN", "INPUT_OPENAI-API-KEY", "MY_API_KEY", "client_secret"])
def test_a_secret_is_known_by_its_variable_s_name(name):
    assert secret_name(name)
    assert not secret_name(f"{name}_FILE")


def test_nothing_that_steers_a_terminal_or_turns_the_text_is_printed():
    assert printable("a\x9b31mb\u202ec\x07d\x1b]0;owned\x07e\u2066") == "a31mbcde"
