"""git's own smart HTTP server, for fetching."""

import base64
import binascii
import os
import subprocess
from pathlib import Path


def token(header: str) -> str:
    """The password of a Basic header."""
    try:
        return base64.b64decode(header.removeprefix("Basic ").strip()).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def backend(
    root: Path, method: str, path: str, query: str, headers: dict[str, str], data: bytes
) -> tuple[int, dict[str, str], bytes]:
    """One request by `git http-backend`, as CGI."""
    low = {name.lower(): value for name, value in headers.items()}
    env = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": low.get("content-type", ""),
        "CONTENT_LENGTH": str(len(data)),
        "HTTP_CONTENT_ENCODING": low.get("content-encoding", ""),
        "GIT_PROTOCOL": low.get("git-protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(["git", "http-backend"], env=env, input=data, capture_output=True, check=False)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    found = dict(row.split(": ", 1) for row in head.decode().split("\r\n") if ": " in row)
    status = int(found.pop("Status", "200 OK").split()[0])
    return status, found, body
