"""Recomputes the confidence of every verdict of `python -m bench.verifier --json FILE` from that file alone, and compares.

python bench/verifier/recompute.py FILE
"""

import json
import math
import sys
from pathlib import Path

if len(sys.argv) != 2:
    sys.exit(__doc__)
rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["verdicts"]
bad = 0
for row in rows:
    said = row["confidence"]
    odds = said["prior"] / (1 - said["prior"])
    for term in said["terms"]:
        odds *= term["ratio"] ** term["shrink"]
    value = min(said["most"], odds / (1 + odds))
    vetoed = any(item["state"] == "failed" and item["strength"] in ("veto", "strong", "weak") for item in row["items"])
    agrees = math.isclose(0.0 if vetoed else value, said["value"], abs_tol=1e-9)
    if not agrees or (row["verdict"] == "accepted" and said["value"] < row["threshold"]):
        print(f"{row['case']} {row['patch']} {row['regime']}: {value} recomputed, {said['value']} said")
        bad += 1
print(f"{len(rows)} verdicts, {bad} that do not agree")
sys.exit(bool(bad))
