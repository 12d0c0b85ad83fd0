"""Rewrites the files that follow from the code; with --check, says which of them are stale and changes nothing."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from bench.frontier.page import page, paragraph
from bench.frontier.report import kept
from bench.scale import tables as scale_tables
from bot.core import areas
from bot.core.entries import Opened
from bot.core.guarded import PROTECTED_BY
from bot.core.health import Report
from bot.core.ledger import Line
from bot.core.past.columns import TABLES
from bot.core.past.replayed import Replay
from bot.core.policy import Routing
from bot.core.policyschema import reference, schema
from bot.core.required import REQUIRED
from bot.core.score import CAPS
from bot.core.score import WEIGHTS as SCORE
from bot.core.signals import COUNTED, RULES
from bot.core.weights import PRIOR_FIRST, PRIOR_LATER, WEIGHTS

ROOT = Path(__file__).resolve().parent
OWN = ("route-agent", "route-agent-outcome", "route-agent-replay", "route-agent-report", "route-agent-selftest")
"""Of the workflows that people copy, those that this repository has copied, as they are: what we hand out is what we use."""
MADE = "generated"
"""What the markers of a file's part are called, where it has one alone."""


def between(path: Path, text: str, **more: str) -> str:
    """The file with the part between its two markers replaced; `more` are parts with markers of their own name."""
    whole = path.read_text(encoding="utf-8")
    for name, part in {MADE: text, **more}.items():
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
        head, _, rest = whole.partition(begin)
        _, _, tail = rest.partition(end)
        whole = f"{head}{begin}{part}{end}{tail}"
    return whole


def protected() -> str:
    """What no patch may touch, for docs/policy.md."""
    rows = [
        "",
        "### What no patch may touch",
        "",
        "In any folder and any case, whatever the policy says:",
        "",
        "| read by | |",
        "|---|---|",
    ]
    rows += [f"| {whom} | {', '.join(f'`{path}`' for path in paths)} |" for whom, paths in PROTECTED_BY.items()]
    return "\n".join(rows) + "\n"


def ledger_schema() -> str:
    made = TypeAdapter[Line](Line).json_schema(mode="serialization")
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "A line of route-agent's ledger; `--json` prints its `Record`"
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def explain_schema() -> str:
    made = TypeAdapter[Opened](Opened).json_schema(mode="serialization")
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "What `explain --json` prints"
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def action_tables() -> str:
    """The action's inputs and outputs, for docs/action.md."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    rows = ["| input | default | |", "|---|---|---|"]
    for name, given in action["inputs"].items():
        default = str(given.get("default", "")).replace("|", "\\|")
        rows.append(f"| `{name}` | {f'`{default}`' if default else ''} | {given['description'].strip()} |")
    rows += ["", "| output | |", "|---|---|"]
    rows += [f"| `{name}` | {given['description'].strip()} |" for name, given in action["outputs"].items()]
    return "\n".join([*rows, "", _host_words(action)]) + "\n"


def _host_words(action: dict[str, Any]) -> str:
    """What the host action has of it."""
    host = yaml.safe_load((ROOT / "host" / "action.yml").read_text(encoding="utf-8"))
    gone = [f"`{name}`" for part in ("inputs", "outputs") for name in action[part] if name not in host[part]]
    return f"`route-agent/route-agent/host` has the same, without {', '.join(dict.fromkeys(gone))}: its run is one job."


def evidence_tables() -> str:
    """Weights and requirements, for docs/evidence.md."""
    rows = ["| term | passed | failed | not run | source |", "|---|---|---|---|---|"]
    for name, weight in WEIGHTS.items():
        ratios = (f"x {ratio}" if ratio is not None else "" for ratio in (weight.passed, weight.failed, weight.not_run))
        rows.append(f"| {name} | {' | '.join(ratios)} | {weight.source} |")
    rows += ["", f"Priors: {PRIOR_FIRST:.2f} in the first lane, {PRIOR_LATER:.2f} above it.", ""]
    rows += ["| class of task | has to be shown |", "|---|---|"]
    rows += [f"| {name} | {need.words} |" for name, need in REQUIRED.items()]
    return "\n".join(rows) + "\n"


PATHS = {
    "schema_change": areas.SCHEMA_PATHS,
    "ci_config": areas.CI_PATHS,
    "secrets_handling": areas.SECRET_PATHS,
    "deploy_config": areas.DEPLOY_PATHS,
    "dependency_change": areas.DEPENDENCY_PATHS,
}


def signal_tables() -> str:
    """The sum, and every signal with what it adds and where it is seen, for docs/policy.md."""
    upward = {*Routing.model_fields["always_strong_if"].default, *Routing.model_fields["default_upward"].default}
    terms = {name: f"{weight}·{name}" if weight != 1 else name for name, weight in SCORE.items() if weight}
    parts = [f"min({term}, {CAPS[name]})" if name in CAPS else term for name, term in terms.items()]
    rows = [f"`{' + '.join(parts)}`", "", "| signal | what it stands for | adds | starts in `strong` |", "|---|---|---|---|"]
    for name, about, _ in RULES:
        adds = f"{SCORE[name]} each, at most {CAPS[name]}" if name in COUNTED else str(SCORE[name])
        rows.append(f"| `{name}` | {about} | {adds} | {'yes' if name in upward else ''} |")
    rows += [
        "",
        "Paths that fire one, in any folder and any case; most are also seen in changed lines, in labels and in the text:",
        "",
    ]
    rows += [f"- `{name}`: {', '.join(f'`{glob}`' for glob in globs)}" for name, globs in PATHS.items()]
    return "\n".join(rows) + "\n"


def export_tables() -> str:
    """The columns of every table that is exported, for docs/ledger.md."""
    types = {"text": "text", "whole": "int64", "number": "float64", "instant": "instant", "yes_no": "true or false"}
    rows: list[str] = []
    for what, columns in TABLES.items():
        rows += [f"### {what}", "", "| column | type | |", "|---|---|---|"]
        rows += [f"| `{each.name}` | {types[each.kind]} | {each.about} |" for each in columns]
        rows.append("")
    return "\n".join(rows)


def doctor_schema() -> str:
    made = TypeAdapter[Report](Report).json_schema(mode="serialization")
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "What `doctor --json` prints"
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def replay_schema() -> str:
    made = TypeAdapter[Replay](Replay).json_schema(mode="serialization")
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "What `policy replay --format json` prints"
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def files() -> dict[Path, str]:
    docs, found = ROOT / "docs", kept()
    copied, workflows = ROOT / "templates" / "workflows", ROOT / ".github" / "workflows"
    return {
        **{workflows / f"{name}.yml": (copied / f"{name}.yml").read_text(encoding="utf-8") for name in OWN},
        ROOT / "bench" / "frontier.md": page(found),
        ROOT / "README.md": between(ROOT / "README.md", paragraph(found)),
        ROOT / "templates" / "policy.schema.json": schema(),
        docs / "policy.md": between(docs / "policy.md", reference() + protected(), signals=signal_tables()),
        docs / "action.md": between(docs / "action.md", action_tables()),
        docs / "evidence.md": between(docs / "evidence.md", evidence_tables()),
        docs / "running-at-scale.md": between(docs / "running-at-scale.md", scale_tables()),
        docs / "ledger.schema.json": ledger_schema(),
        docs / "ledger.md": between(docs / "ledger.md", export_tables()),
        docs / "explain.schema.json": explain_schema(),
        docs / "doctor.schema.json": doctor_schema(),
        docs / "replay.schema.json": replay_schema(),
    }


def main() -> int:
    stale = {path: text for path, text in files().items() if not path.exists() or path.read_text(encoding="utf-8") != text}
    for path, text in stale.items():
        if "--check" in sys.argv:
            print(f"stale: {path.relative_to(ROOT)}; run `python3 dev.py generate`")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
