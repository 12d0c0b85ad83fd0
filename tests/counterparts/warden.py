"""Runs a command for as long as somebody holds the other end of standard input: no server outlives its test, however that ends."""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=lambda: os._exit(server.wait() & 255), daemon=True).start()
    try:
        sys.stdin.buffer.read()
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(1)


if __name__ == "__main__":
    main()
