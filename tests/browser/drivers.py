"""Firefox and WebKit: the few W3C WebDriver commands that the tests send, over each one's own wire.

Both know the same commands: Firefox over a socket (Marionette), WebKitWebDriver over HTTP. Selenium
would bring thirteen packages, and geckodriver besides, which neither PyPI nor Debian has; Mozilla's
marionette_driver would bring seventeen; Playwright drives only Firefox and WebKit of its own make.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from time import monotonic
from typing import IO, Any

PATIENCE = 60  # seconds until an answer counts as lost
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element's name, by the standard
PREFERENCES = {
    "marionette.port": 0,  # any free one; Firefox says which
    "security.fileuri.strict_origin_policy": True,
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
# What Firefox's console holds about pages, not about the browser itself.
CONSOLE = """
return Services.console.getMessageArray()
  .filter(entry => entry instanceof Ci.nsIScriptError && /^(file|http):/.test(entry.sourceName))
  .map(entry => entry.errorMessage);
"""
# WebKitWebDriver does not hand out the console; this hears what goes wrong once a page is open.
LISTEN = """
window.trouble = [];
const hear = event => window.trouble.push(
  [event.type, event.message, event.reason, event.violatedDirective, event.target?.src].join(' '));
for (const name of ['error', 'unhandledrejection']) addEventListener(name, hear, true);
document.addEventListener('securitypolicyviolation', hear);
"""


class Refused(Exception):
    """The browser answered a command with an error."""


class Driver(ABC):
    """One window of one browser."""

    @abstractmethod
    def send(self, command: str, **parameters: object) -> Any:
        """Return the value that a W3C command gives. Raises Refused where it gives an error."""

    @abstractmethod
    def open(self, address: str) -> None:
        """Open a page and wait until it has loaded."""

    @abstractmethod
    def messages(self) -> list[str]:
        """Return what went wrong on the open page, as far as this browser says."""

    def run(self, script: str, *arguments: object) -> Any:
        """Run the body of a function in the page; return its value."""
        return self.send("ExecuteScript", script=script, args=arguments)

    def wait(self, script: str, *arguments: object) -> Any:
        """Run the body of an asynchronous function in the page; return what it comes to."""
        body = f"""
        const done = arguments[arguments.length - 1];
        (async function () {{ {script} }}).apply(this, arguments)
          .then(value => done({{ value }}), error => done({{ error: String(error) }}));
        """
        answer = self.send("ExecuteAsyncScript", script=body, args=arguments)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer.get("value")

    def click(self, selector: str) -> None:
        """Click the first element of a CSS selector, in the middle of the window.

        Without a window manager WebKit's window may hang over the edge of the screen, where no
        click reaches it.
        """
        self.run(
            "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' });", selector
        )
        self.send("ElementClick", id=self._find(selector))

    def type(self, selector: str, text: str) -> None:
        """Type into the first element of a CSS selector."""
        self.send("ElementSendKeys", id=self._find(selector), text=text)

    def arrive(self, address: str) -> None:
        """Ask the page for its address until it is this one. Raises Refused where it stays."""
        latest = monotonic() + PATIENCE
        while (found := self.run("return location.href;")) != address:
            if monotonic() > latest:
                raise Refused(f"{found} is still open instead of {address}")

    def _find(self, selector: str) -> str:
        found = self.send("FindElement", using="css selector", value=selector)
        return str(found[ELEMENT])


class Firefox(Driver):
    """Marionette: each message is its length, a colon, and a JSON list that carries its number."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._answers = self._socket.makefile("rb")
        self._numbers = count(1)
        self._receive()  # its greeting
        self.send("NewSession")

    def send(self, command: str, **parameters: object) -> Any:
        return self._send(f"WebDriver:{command}", **parameters)

    def open(self, address: str) -> None:
        self._in_chrome("Services.console.reset();")
        self.send("Navigate", url=address)

    def messages(self) -> list[str]:
        return list(self._in_chrome(CONSOLE))

    def quit(self) -> None:
        """End the browser."""
        self._send("Marionette:Quit", flags=["eForceQuit"])
        self._answers.close()
        self._socket.close()

    def _in_chrome(self, script: str) -> Any:
        """Run a script in the browser itself instead of in the page."""
        self._send("Marionette:SetContext", value="chrome")
        try:
            return self.run(script)
        finally:
            self._send("Marionette:SetContext", value="content")

    def _send(self, command: str, **parameters: object) -> Any:
        message = json.dumps([0, next(self._numbers), command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        if error:
            raise Refused(f"{command}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _receive(self) -> Any:
        length = b""
        while (character := self._answers.read(1)) != b":":
            if not character:
                raise Refused("Firefox closed the connection")
            length += character
        return json.loads(self._answers.read(int(length)))


class WebKit(Driver):
    """WebDriver over HTTP, as the W3C has it."""

    ROUTES = {  # noqa: RUF012 (never changed)
        "Navigate": "url",
        "ExecuteScript": "execute/sync",
        "ExecuteAsyncScript": "execute/async",
        "FindElement": "element",
        "ElementClick": "element/{id}/click",
        "ElementSendKeys": "element/{id}/value",
    }

    def __init__(self, address: str, browser: Path) -> None:
        options = {"binary": str(browser), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = self._post(f"{address}/session", capabilities=wanted)
        self._session = f"{address}/session/{session['sessionId']}"

    def send(self, command: str, **parameters: object) -> Any:
        route = self.ROUTES[command].format_map(parameters)
        return self._post(f"{self._session}/{route}", **parameters)

    def open(self, address: str) -> None:
        self.send("Navigate", url=address)
        self.run(LISTEN)

    def messages(self) -> list[str]:
        return list(self.run("return window.trouble;"))

    def quit(self) -> None:
        """End the browser."""
        self._answer(urllib.request.Request(self._session, method="DELETE"))  # noqa: S310 (as below)

    def _post(self, address: str, **parameters: object) -> Any:
        body = json.dumps(parameters).encode()
        return self._answer(urllib.request.Request(address, body))  # noqa: S310 (http only)

    @staticmethod
    def _answer(request: urllib.request.Request) -> Any:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
                return json.load(answer)["value"]
        except urllib.error.HTTPError as problem:
            with problem:
                raise Refused(problem.read().decode()) from problem


@contextmanager
def program(command: list[str], **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the block ends; its output is a pipe of lines."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def announced(output: IO[str] | None, pattern: str) -> str:
    """Read a program's output until a line matches; return the group. Raises Refused at its end."""
    for line in output or ():
        if found := re.search(pattern, line):
            return found[1]
    raise Refused(f"the program ended without saying {pattern!r}")


@contextmanager
def firefox(executable: str, profile: Path) -> Iterator[Driver]:
    """Firefox without a window, with a fresh profile in an empty folder."""
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(v)});" for name, v in PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [executable, "--headless", "--marionette", "--remote-allow-system-access"]
    command += ["--no-remote", "--profile", str(profile), "about:blank"]
    with program(command) as process:
        driver = Firefox(
            int(announced(process.stdout, r"Marionette\s+INFO\s+Listening on port (\d+)"))
        )
        try:
            yield driver
        finally:
            driver.quit()


def answering(process: subprocess.Popen[str], port: int) -> str:
    """Return the address of a driver once it takes connections. Raises Refused where it ends."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        except ConnectionRefusedError:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        else:
            return f"http://127.0.0.1:{port}"
    raise Refused(f"the driver ended with status {process.returncode}")


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def webkit(executable: str, browser: Path, xvfb: str) -> Iterator[Driver]:
    """WebKitGTK's own small browser, on a screen that nobody sees."""
    port = free_port()
    with ExitStack() as running:
        screen = running.enter_context(program([xvfb, "-displayfd", "1", "-nolisten", "tcp"]))
        display = ":" + announced(screen.stdout, r"^(\d+)$")
        command = [executable, f"--port={port}", "--host=127.0.0.1"]
        process = running.enter_context(program(command, DISPLAY=display))
        driver = WebKit(answering(process, port), browser)
        running.callback(driver.quit)
        yield driver
