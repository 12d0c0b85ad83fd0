"""A model server on loopback that reads from a script, remembers every request and can fail on demand.

It speaks the three wire formats: `/chat/completions`, `/responses`, `/messages`, each with usage as its provider counts it.

As a program: `python -m tests.fakes.server PORT SCRIPT.json`, the script being `{MODEL: [ACTION, …]}`;
`/PATH` instead of a model gives the page that a GET of it brings.
"""

import json
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
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
        self.pages: dict[str, Answer] = {}
        """What a GET of a path brings, `/v1/models` say: `body` or `raw`, `status`, `headers`, `delay`; `drip` sends on and on."""
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.meanwhile: Callable[[str], None] = lambda model: None
        """What happens in the world while a model thinks."""
        self.repeats = False
        """Whether its answers repeat what they were sent to be let in, wherever that may stand."""
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

    def let_in_by(self) -> str:
        """What the last request was let in by, where this server repeats that."""
        last = self.headers[-1] if self.repeats else {}
        return last.get("authorization", last.get("x-api-key", ""))

    def answer(self, body: dict[str, Any]) -> Answer:
        self.requests.append(body)
        self.meanwhile(body["model"])
        script = self.scripts.get(body["model"], [])
        return script.pop(0) if script else {"status": 404, "body": {"error": {"message": f"no script left for {body['model']}"}}}


def completion(body: dict[str, Any], answer: Answer, usage: dict[str, Any], number: int) -> dict[str, Any]:
    """A tool call where the request offers tools, the action as a JSON text where it does not."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.get("content"), **answer.get("beside", {})}
    if "action" in answer and "tools" in body:
        arguments = json.dumps(_arguments(answer))
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


def response(body: dict[str, Any], answer: Answer, usage: dict[str, Any], number: int) -> dict[str, Any]:
    """The same in OpenAI's Responses, after a piece of sealed reasoning."""
    output: list[dict[str, Any]] = [
        {"type": "reasoning", "id": f"rs{number}", "summary": [], "encrypted_content": f"sealed-{number}"}
    ]
    if "action" in answer and "tools" in body:
        call = {
            "type": "function_call",
            "id": f"fc{number}",
            "call_id": f"c{number}",
            "name": answer["action"],
            "status": "completed",
        }
        output.append(call | {"arguments": answer.get("arguments", json.dumps(_arguments(answer)))})
    else:
        text = answer.get("content") or json.dumps(answer)
        part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
        output.append({"type": "message", "id": f"m{number}", "role": "assistant", "status": "completed", "content": [part]})
    return {
        "id": f"r{number}",
        "object": "response",
        "created_at": 0,
        "model": body["model"],
        "status": answer.get("status_said", "completed"),
        "error": None,
        "incomplete_details": None,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


def message(body: dict[str, Any], answer: Answer, usage: dict[str, Any], number: int) -> dict[str, Any]:
    """The same in Anthropic's Messages, after a piece of signed thinking."""
    content: list[dict[str, Any]] = [{"type": "thinking", "thinking": "", "signature": f"signed-{number}"}]
    if "action" in answer and "tools" in body:
        content.append({"type": "tool_use", "id": f"c{number}", "name": answer["action"], "input": _arguments(answer)})
    else:
        content.append({"type": "text", "text": answer.get("content") or json.dumps(answer)})
    stop = answer.get("finish") or ("tool_use" if content[-1]["type"] == "tool_use" else "end_turn")
    made = {"id": f"m{number}", "type": "message", "role": "assistant", "model": body["model"], "content": content}
    return made | {"stop_reason": stop, "stop_sequence": None, "usage": usage}


def _arguments(answer: Answer) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in NOT_ARGUMENTS}


USAGES: dict[str, dict[str, Any]] = {
    "responses": {
        "input_tokens": 1000,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 100,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 1100,
    },
    "messages": {"input_tokens": 1000, "output_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0},
}
NOT_ARGUMENTS = ("action", "arguments", "beside", "delay", "finish", "headers", "status_said", "usage")
SHAPES = {"completions": completion, "responses": response, "messages": message}


def as_bytes(raw: str | bytes) -> bytes:
    return raw if isinstance(raw, bytes) else raw.encode()


def repeated(made: Any, sent: str) -> Any:
    """With what was sent, in an error's message or as what only a person reads of an answer."""
    if not sent or not isinstance(made, dict):
        return made
    error = made.get("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        return {**made, "error": {**error, "message": f"{error['message']} ({sent})"}}
    return {**made, "id": f"{made.get('id')} {sent}", "system_fingerprint": sent, "service_tier": sent, "sent": sent}


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            server.paths.append(self.path)
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = server.answer(body)
            server.stopping.wait(answer.get("delay", 0))
            if answer.get("drop"):
                self.close_connection = True
                return
            status = answer.get("status", 200)
            if "raw" in answer:
                payload, kind = as_bytes(answer["raw"]), answer.get("type", "text/html")
            elif "body" in answer:
                payload, kind = json.dumps(repeated(answer["body"], server.let_in_by())).encode(), "application/json"
            else:
                tongue = self.path.rpartition("/")[2]
                usage = answer.get("usage", USAGES.get(tongue, server.usage))
                made = SHAPES[tongue](body, answer, usage, len(server.requests))
                payload, kind = json.dumps(repeated(made, server.let_in_by())).encode(), "application/json"
            self.send_response(status)
            for name, value in {"content-type": kind, "content-length": str(len(payload)), **answer.get("headers", {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def do_GET(self) -> None:
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            page = server.pages.get(self.path, {"status": 404, "body": {"error": {"message": "Not Found"}}})
            server.stopping.wait(page.get("delay", 0))
            raw = page["raw"] if "raw" in page else json.dumps(page.get("body"))
            payload = as_bytes(raw)
            self.send_response(page.get("status", 200))
            for name, value in {"content-type": "application/json", **page.get("headers", {})}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # who asked has gone
                self.wfile.write(payload)
                while page.get("drip") and not server.stopping.wait(0.05):
                    self.wfile.write(page["drip"].encode())
                    self.wfile.flush()

    return Handler


def main() -> None:
    port, script = sys.argv[1:]
    with Server(int(port)) as server:
        for model, answers in json.loads(Path(script).read_text()).items():
            if model.startswith("/"):
                server.pages[model] = answers
            else:
                server.script(model, answers)
        threading.Event().wait()


if __name__ == "__main__":
    main()
