"""Stands for the program inside the action's image: says what it was given, and answers with what the test asks for."""

import json
import os
import sys
import urllib.request
from pathlib import Path

given = {name.removeprefix("INPUT_").lower(): value for name, value in os.environ.items() if name.startswith("INPUT_")}
phase = given["phase"]
event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text())
answers = event["answers"].get(f"{phase} {len(given['handover'].split('>'))}", event["answers"].get(phase, ""))
with urllib.request.urlopen(f"{os.environ['GITHUB_API_URL']}/{phase}") as reply:  # noqa: S310
    heard = reply.status
shown = {name: value for name, value in given.items() if value and name != "github-token"}
told = {**shown, "heard": heard, "token": bool(given["github-token"]), "isolated": sys.flags.isolated}
sys.stdout.write(f"GIVEN {json.dumps(told)}\n")
with Path(os.environ["GITHUB_OUTPUT"]).open("a") as out:
    out.write(f"result={answers}\nhandover={given['handover']}>{phase}\n")
