"""Which runs chance draws for an audit: the same ones always, and as many as the policy says."""

from math import sqrt

import pytest

from bot.core.audit import drawn, key
from bot.core.policyfile import PolicyError, read
from tests.plans import POLICY

RUNS = 10_000


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("repo", ["octo/shop", "octo/other"])
def test_as_many_are_drawn_as_the_policy_says(share, repo):
    found = sum(drawn(share, repo, f"c{number}") for number in range(RUNS))
    assert abs(found - share * RUNS) < 4 * sqrt(RUNS * share * (1 - share))


def test_nobody_is_drawn_at_0_and_everybody_at_1():
    assert not any(drawn(share, "octo/shop", f"c{number}") for number in range(RUNS) for share in (0, 0.0))
    assert all(drawn(share, "octo/shop", f"c{number}") for number in range(RUNS) for share in (1, 1.0))


def test_a_draw_is_by_repository_and_run_alone_and_known_beforehand():
    found = [number for number in range(100) if drawn(0.05, "octo/shop", f"c{number}")]
    assert found == [31, 33, 76, 94], "a change here draws other runs under the same policy"
    assert found != [number for number in range(100) if drawn(0.05, "octo/other", f"c{number}")]


def test_who_is_drawn_at_a_share_is_drawn_at_every_greater_one():
    for number in range(1_000):
        took = [drawn(share, "octo/shop", f"c{number}") for share in (0.00001, 0.1, 0.2, 0.7, 1.0)]
        assert took == sorted(took)


def test_the_key_of_an_audit_is_no_longer_than_a_run_may_have():
    assert key("c12") == "c12-again"
    assert len(key("a" * 60)) <= 60


@pytest.mark.parametrize("share", ["-0.01", "1.01", "5", ".nan", ".inf", "'0.1'", "true"])
def test_a_share_that_is_none_is_refused_with_its_line(share):
    with pytest.raises(PolicyError, match=r"policy:7: routing\.audit_share"):
        read(POLICY + f"  audit_share: {share}\n".encode(), "policy")


@pytest.mark.parametrize("share", ["0", "1", "0.05", "1e-3"])
def test_a_share_from_0_to_1_is_taken_as_it_is_written(share):
    assert read(POLICY + f"  audit_share: {share}\n".encode(), "policy").routing.audit_share == float(share)
