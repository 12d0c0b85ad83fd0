"""A bare repository behind git's own HTTP server, which wants a token."""

import base64
import os
import subprocess
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

WHO = ("-c", "user.name=e2e", "-c", "user.email=e2e@example.invalid")


class Origin:
    """`url`/`name`.git holds what `commit` made."""

    def __init__(self, folder: Path, token: str, name: str = "octo/shop") -> None:
        self.root, self.token = folder, token
        self.repository = folder / f"{name}.git"
        self.repository.mkdir(parents=True)
        self._git("init", "-q", "--bare", "-b", "main")
        self._git("config", "uploadpack.allowAnySHA1InWant", "true")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Git,), {"origin": self}))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def commit(self, files: Mapping[str, str], parent: str | None = None) -> str:
        """A commit of its parent's files and these, on no branch: found by its SHA only. Its SHA."""
        index = {"GIT_INDEX_FILE": str(self.root / "index")}
        self._git("read-tree", *([parent] if parent else ["--empty"]), **index)
        for path, text in files.items():
            blob = self._git("hash-object", "-w", "--stdin", stdin=text)
            self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **index)
        tree = self._git("write-tree", **index)
        return self._git("commit-tree", "-m", "made", *(["-p", parent] if parent else []), tree)

    def _git(self, *words: str, stdin: str = "", **env: str) -> str:
        told = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **env}
        command = ["git", *WHO, *words]
        done = subprocess.run(command, cwd=self.repository, env=told, input=stdin, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Git(BaseHTTPRequestHandler):
    """One request, handed to `git http-backend` as a web server would."""

    origin: Origin

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, body: bytes) -> None:
        basic = base64.b64encode(f"x-access-token:{self.origin.token}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {basic}":
            self.send_error(401)
            return
        path, _, query = self.path.partition("?")
        told = {
            "GIT_PROJECT_ROOT": str(self.origin.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH": os.environ["PATH"],
        }
        done = subprocess.run(["git", "http-backend"], env=told, input=body, capture_output=True, check=False)
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Quiet."""
