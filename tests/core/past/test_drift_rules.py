"""Drift of rules: labels and globs that no run met, and folders that no rule knows."""

from dataclasses import replace
from datetime import timedelta

from bot.core.ledger import Record
from bot.core.past.drift import drift
from bot.core.past.survey import books
from tests.core.past.drifts import NAME, found
from tests.ledgers import ledger, lines
from tests.plans import POLICY, START, Area, Plan


def test_rules_that_no_run_met_are_listed_and_are_no_drift():
    text = POLICY + b"  by_class: {migration: {min_confidence: 0.7}, docs: {lane: fast}}\nsignals: {labels: {auth_code: [sso]}}\n"
    nothing = dict.fromkeys(("auth_code", "ci_config"), 0.9)
    seen = found(Plan(found=nothing), policy=text)  # type: ignore[arg-type]
    silent = {(rule.key, rule.rule) for rule in seen.silent}
    assert silent == {
        ("routing.always_strong_if", "schema_change"),
        ("routing.always_strong_if", "production_incident"),
        ("routing.default_upward", "secrets_handling"),
        ("routing.default_upward", "deploy_config"),
        ("routing.by_class", "migration"),
        ("routing.by_class", "docs"),
        ("signals.labels.auth_code", "sso"),
    }
    assert seen.drifted == 0


def test_a_label_that_a_run_had_is_not_silent():
    """In whatever case, as the rules take it."""
    policy = POLICY + b"signals: {labels: {auth_code: [SSO, oauth]}}\n"
    written = ledger(Plan(runs=300))
    first = next(item for item in written if isinstance(item, Record))
    labelled = replace(first, signals=(*first.signals[:-1], replace(first.signals[-1], because=("the text", "label: sso"))))
    read_again = books([lines((labelled, *written[1:]))], START + timedelta(days=150))
    assert [rule.rule for rule in drift(read_again, policy, NAME).silent if rule.key.startswith("signals")] == ["oauth"]


def test_a_glob_that_fits_no_file_is_drift_and_one_that_fits_is_none():
    text = POLICY + b'signals: {paths: {auth_code: ["SHOP/cart/", "/shop/crat/"]}}\n'
    seen = found(Plan(runs=300), policy=text)
    assert [(glob.key, glob.glob) for glob in seen.globs] == [("signals.paths.auth_code", "/shop/crat/")]
    assert seen.drifted == 1


def test_the_folders_most_worked_in_that_no_rule_knows_are_listed_with_their_runs():
    seen = found(Plan(areas=(Area("web", 3), Area("lib", 1), Area("auth/login", 6), Area("rare", 0.02))))
    assert [folder.path for folder in seen.unmatched] == ["web/", "lib/"]
    assert seen.unmatched[0].runs > 2 * seen.unmatched[1].runs
