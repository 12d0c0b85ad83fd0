"""An OpenAI-compatible chat server on loopback that reads from a script, remembers every request and can fail on demand.

As a program: `python -m tests.fakes.server PORT SCRIPT.json`, the script being `{MODEL: [ACTION, …]}`.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Answer = dict[str, Any]
"""An action (`{"action": NAME, …}`), or a failure: `{"status": 500, "body": …}`, `{"raw": TEXT}`, `{"drop": True}`.

With `"delay": SECONDS` it comes late."""


class Server:
    def __init__(self, port: int = 0) -> None:
        self.scripts: dict[str, list[Answer]] = {}
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.stopping = threading.Event()
        self.usage: dict[str, Any] = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def script(self, model: str, answers: list[Answer]) -> None:
        self.scripts[model] = list(answers)

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def answer(self, body: dict[str, Any]) -> Answer:
        self.requests.append(body)
        script = self.scripts.get(body["model"], [])
        return script.pop(0) if script else {"status": 404, "body": {"error": {"message": f"no script left for {body['model']}"}}}


def completion(body: dict[str, Any], answer: Answer, usage: dict[str, Any], number: int) -> dict[str, Any]:
    """A tool call where the request offers tools, the action as a JSON text where it does not."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.get("content")}
    if "action" in answer and "tools" in body:
        arguments = json.dumps({key: value for key, value in answer.items() if key not in ("action", "delay")})
        call = {"id": f"c{number}", "type": "function", "function": {"name": answer["action"], "arguments": arguments}}
        message["tool_calls"] = [call]
    elif "action" in answer:
        message["content"] = json.dumps(answer)
    choice = {"index": 0, "message": message, "finish_reason": answer.get("finish", "stop")}
    return {
        "id": f"r{number}",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [choice],
        "usage": usage,
    }


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = server.answer(body)
            server.stopping.wait(answer.get("delay", 0))
            if answer.get("drop"):
                self.close_connection = True
                return
            status = answer.get("status", 200)
            if "raw" in answer:
                payload, kind = answer["raw"].encode(), answer.get("type", "text/html")
            elif "body" in answer:
                payload, kind = json.dumps(answer["body"]).encode(), "application/json"
            else:
                made = completion(body, answer, answer.get("usage", server.usage), len(server.requests))
                payload, kind = json.dumps(made).encode(), "application/json"
            self.send_response(status)
            for name, value in {"content-type": kind, "content-length": str(len(payload)), **answer.get("headers", {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

    return Handler


def main() -> None:
    port, script = sys.argv[1:]
    with Server(int(port)) as server:
        for model, answers in json.loads(Path(script).read_text()).items():
            server.script(model, answers)
        threading.Event().wait()


if __name__ == "__main__":
    main()
