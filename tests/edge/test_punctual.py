"""An answer has an end, whatever the server sends."""

import gc
import socket
from threading import Thread

import pytest
from httpx2 import HTTPTransport, Request

from bot.edge.model.punctual import MOST_BYTES, Punctual
from bot.ports import Unavailable
from tests.counterparts.product import Product
from tests.fakes.server import Server


def test_an_answer_that_is_too_long_to_be_one_is_not_read_to_its_end():
    with Server() as server:
        server.script("m", [{"raw": " " * (MOST_BYTES + 1) + "{}", "type": "application/json"}])
        with pytest.raises(Unavailable, match="no answer in time") as error:
            Product(server.url, "k").ask("m")
    assert error.value.paid


def _answer_once(there: socket.socket) -> None:
    """And keep the line."""
    line, _ = there.accept()
    line.recv(65_536)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    line.recv(1)
    line.close()


def test_a_client_that_is_let_go_of_among_objects_that_hold_each_other_closes_its_lines():
    with socket.create_server(("127.0.0.1", 0)) as there:
        thread = Thread(target=_answer_once, args=(there,))
        thread.start()
        line = HTTPTransport()
        answer = line.handle_request(Request("GET", f"http://127.0.0.1:{there.getsockname()[1]}/"))
        answer.read()
        client = Punctual(transport=line)  # younger than its line, as it seems after some collections: that is ended first
        circle: list[object] = [client]
        circle.append(circle)
        del client, circle, line, answer
        gc.collect()  # a line that is still open then is a warning, which is an error here
        thread.join(10)
        assert not thread.is_alive(), "the server still waits"
