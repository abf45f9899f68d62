"""A page of the built book in a browser that reaches nothing but this machine."""

import http.server
from typing import Any
from urllib.parse import urlparse

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves the pages and logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Visit:
    """One page, opened with every other address blocked; what it asked for elsewhere and complained about."""

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        self.blocked: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(**{"viewport": DESKTOP, **context})
        self.page = self.context.new_page()
        self.page.route("**/*", self._only_here)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self.page.goto(url, wait_until="load")
        self.page.evaluate("window.MathJax?.startup?.promise?.then(() => 0)")

    def _only_here(self, route: Any) -> None:
        if urlparse(route.request.url).hostname in ("127.0.0.1", None):
            route.continue_()
        else:
            self.blocked.append(route.request.url)
            route.abort()

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()
