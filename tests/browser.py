"""A headless Chromium, asked over its debugging pipe: no driver, no port, and no package but the browser's own."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from select import select
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
PUT = """\
import os, sys
from fcntl import F_DUPFD, fcntl
given = [fcntl(int(number), F_DUPFD, 10) for number in sys.argv[1:3]]
os.dup2(given[0], 3), os.dup2(given[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""The browser reads from its descriptor 3 and writes to 4."""
SECONDS = 60.0
"""For one answer; a first start on a busy machine takes ten."""
TROUBLE = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.requestWillBeSent")


@dataclass
class Page:
    """One page in a browser, and everything that it has logged or asked the network for."""

    to: int
    back: int
    session: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)
    _number: int = 0
    _rest: bytes = b""

    def ask(self, method: str, **params: Any) -> Any:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": params} | ({"sessionId": self.session} if self.session else {})
        os.write(self.to, json.dumps(asked).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, f"{method}: {said['error']}"
                return said["result"]

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._rest:
            assert select([self.back], [], [], deadline - time.monotonic())[0], "the browser does not answer"
            data = os.read(self.back, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        text, _, self._rest = self._rest.partition(b"\0")
        said: dict[str, Any] = json.loads(text)
        if said.get("method") in TROUBLE:
            self.heard.append(said)
        return said

    def open(self, address: str, width: int, height: int = 800, *, scheme: str = "light") -> None:
        """As a phone or a desktop of that width shows it, when it is loaded."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.heard.clear()
        self.ask("Page.navigate", url=address)
        deadline = time.monotonic() + SECONDS
        while self.value("location.href === 'about:blank' || document.readyState !== 'complete'"):
            assert time.monotonic() < deadline, f"{address} is not loaded"
            time.sleep(0.02)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is worth on the page; the page's own policy does not bind the one who measures."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def trouble(self) -> list[str]:
        """What the page has said on the console, and every address but its own that it asked for."""
        self.ask("Runtime.evaluate", expression="0")  # what was on its way is heard before this
        own = self.value("location.href")
        asked = [each["params"].get("request", {}).get("url") for each in self.heard]
        return [json.dumps(each["params"]) for each, url in zip(self.heard, asked, strict=True) if url != own]

    def picture(self, height: int = 0) -> bytes:
        """A PNG of the page from its top, whole where no height is given."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"], "scale": 1}
        return base64.b64decode(self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"])


@contextmanager
def browser() -> Iterator[Page]:
    """A browser with one empty page; gone afterwards, with all that it wrote."""
    command = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert command, "there is no Chromium; `python3 dev.py e2e` installs it on Debian"
    (theirs_in, to), (back, theirs_out) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        start = (sys.executable, "-c", PUT, str(theirs_in), str(theirs_out), command, *FLAGS, "--remote-debugging-pipe")
        with subprocess.Popen(
            [*start, f"--user-data-dir={folder}/profile", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            os.close(theirs_in)
            os.close(theirs_out)
            try:
                page = Page(to, back)
                target = next(each for each in page.ask("Target.getTargets")["targetInfos"] if each["type"] == "page")
                page.session = page.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
                for domain in ("Page", "Runtime", "Log", "Network"):
                    page.ask(f"{domain}.enable")
                yield page
                page.session = ""
                page.ask("Browser.close")
            finally:
                process.terminate()
                os.close(to)
                os.close(back)
