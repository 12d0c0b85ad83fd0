"""Keeping a conversation within what a model can hold, without touching its beginning."""

from dataclasses import replace

from bot.core.cost import estimate_tokens
from bot.ports import Prompt, Said, Shown, Tool, Turn

FULL, ROOMY = 0.9, 0.6
"""Condensing begins at nine tenths of the limit and goes down to six tenths: seldom, since each time costs the prompt cache."""
KEPT_WHOLE = 6
"""The latest turns are never condensed."""
SHORT = 200


def tokens(system: str, turns: tuple[Turn, ...], tools: tuple[Tool, ...]) -> int:
    """No fewer tokens than a call with these parts can be expected to send."""
    return estimate_tokens(
        len(system) + sum(map(_length, turns)) + sum(len(t.name) + len(t.about) + len(str(t.parameters)) for t in tools)
    )


def _length(turn: Turn) -> int:
    """Characters of a turn, with an allowance for what the wire format adds."""
    calls = (
        sum(len(call.name) + len(str(call.arguments)) + 60 for call in turn.calls) + len(turn.echo) if isinstance(turn, Said) else 0
    )
    return len(turn.text) + calls + 30


def fit(prompt: Prompt, limit: int) -> Prompt | None:
    """The prompt with its oldest observations shortened so that it and its answer fit `limit` tokens; None if it cannot."""
    room = limit - prompt.max_output_tokens
    if tokens(prompt.system, prompt.turns, prompt.tools) <= room * FULL:
        return prompt
    turns, changed = list(prompt.turns), False
    for index in range(1, len(turns) - KEPT_WHOLE):
        turn = turns[index]
        if isinstance(turn, Shown) and len(turn.text) > SHORT:
            turns[index] = replace(turn, text=f"[{len(turn.text)} characters, left out to save room; ask again if needed]")
            changed = True
            if tokens(prompt.system, tuple(turns), prompt.tools) <= room * ROOMY:
                break
    if changed:  # sealed reasoning is bound to what stood before it
        turns = [replace(turn, echo="") if isinstance(turn, Said) else turn for turn in turns]
    fitted = replace(prompt, turns=tuple(turns))
    return fitted if tokens(fitted.system, fitted.turns, fitted.tools) <= room else None
