"""What reading a change costs: diff to score, beside unidiff's parse of the same text alone.

python bench/reading.py [--runs N] [--json FILE]     Each figure is the least of N fresh processes, taken in turn.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

AIM_TIMES, AIM_MB = 1.5, 150


def big(files: int, lines: int) -> str:
    """A diff of so many files with so many lines each, headers included; the same one every time."""
    hunk = lines - 5
    added, removed = hunk // 3, hunk // 4
    same = hunk - added - removed
    out: list[str] = []
    for number in range(files):
        path = f"src/pkg{number % 50}/mod{number}.py"
        out.append(f"diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ b/{path}\n")
        out.append(f"@@ -1,{same + removed} +1,{same + added} @@\n")
        out += [f"     value_{row} = compute(value_{row}, {number})\n" for row in range(same)]
        out += [f"-    old_{row} = {row}  # what was\n" for row in range(removed)]
        out += [f"+    new_{row} = {row}  # what is\n" for row in range(added)]
    return "".join(out)


def one(what: str, files: int, lines: int) -> dict[str, float]:
    """One measurement in this process: seconds, and the peak of its memory in MB."""
    text = big(files, lines)
    if what == "unidiff":
        from unidiff import PatchSet

        start = time.process_time()
        PatchSet(text)
    else:
        from bot.core.diff import parse
        from bot.core.facts import Facts, NotApplicable
        from bot.core.policy import Routing, Signals
        from bot.core.score import weigh
        from bot.core.signals import observe

        nothing = NotApplicable("not measured")
        start = time.process_time()
        weigh(observe(Facts(parse(text), nothing, nothing, (), ""), Signals()), Routing(fast_max_score=6, strong_min_score=7))
    seconds = time.process_time() - start
    return {"seconds": seconds, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measure(files: int, lines: int, runs: int) -> dict[str, dict[str, float]]:
    found: dict[str, list[dict[str, float]]] = {"unidiff": [], "ours": []}
    for _ in range(runs):
        for what, kept in found.items():
            words = [sys.executable, __file__, "--one", what, "--files", str(files), "--lines", str(lines)]
            kept.append(json.loads(subprocess.run(words, capture_output=True, check=True).stdout))
    return {what: {key: min(run[key] for run in kept) for key in ("seconds", "mb")} for what, kept in found.items()}


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--lines", type=int, default=45, help="of each file in the diff, headers included")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--one", choices=("unidiff", "ours"), help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        print(json.dumps(one(words.one, words.files, words.lines)))
        return
    found = measure(words.files, words.lines, words.runs)
    times = found["ours"]["seconds"] / found["unidiff"]["seconds"]
    print(f"a diff of {words.files} files and {words.files * words.lines} lines; the least of {words.runs} runs")
    print(f"{'':24}{'seconds':>10}{'peak MB':>10}")
    print(f"{'unidiff, parse alone':24}{found['unidiff']['seconds']:10.2f}{found['unidiff']['mb']:10.0f}")
    print(f"{'parse, signals, score':24}{found['ours']['seconds']:10.2f}{found['ours']['mb']:10.0f}")
    met = times <= AIM_TIMES and found["ours"]["mb"] <= AIM_MB
    print(f"{times:.2f} times; the aim is at most {AIM_TIMES} times and {AIM_MB} MB: {'met' if met else 'NOT met'}")
    if words.json:
        Path(words.json).write_text(json.dumps(found | {"times": {"seconds": times}}, indent=1) + "\n")


if __name__ == "__main__":
    main()
