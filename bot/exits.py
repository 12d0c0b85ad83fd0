"""How a process ends, by exit code; README.md has them too."""

DONE = 0
"""Finished, whatever the result."""
MENDABLE = 1
"""The user can mend it."""
NOT_PROVED = 2
"""Finished without a proved patch, where `--exit-code` asks for that."""
OURS = 3
"""Our bug."""
LATER = 75
"""Somebody else's bad moment; `EX_TEMPFAIL` of sysexits.h."""
INTERRUPTED = 130
"""By a signal, as a shell says it of ^C."""
