"""The drawing of a run, from the built files, under the policy that the pages have."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "api" / "static" / "built"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'"
)
STATE = {
    "done": ["set_priority", "of_a_called_diagram"],
    "waiting": ["agree_what_right_means"],
    "cancelled": ["verify_outcome"],
    "flows": ["begin", "plan"],
}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Run</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/pages.css"><link rel="stylesheet" href="/run.css">
<script type="module" src="/pages.js"></script><script type="module" src="/run.js"></script>
</head><body><main><h1>Run</h1>{diagram}</main></body></html>"""
BY_URL = (
    '<div id="diagram" data-xml-url="/run.bpmn" data-state-url="/state" data-label="Steps"'
    ' data-larger="Larger" data-smaller="Smaller" data-whole="Whole"'
    ' data-failed="The drawing could not be shown."></div>'
)


class Handler(BaseHTTPRequestHandler):
    """Answers with what the test put into `answers`."""

    answers: dict[str, tuple[str, bytes]]

    def do_GET(self) -> None:
        kind, body = self.answers.get(self.path, ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[tuple[str, dict[str, tuple[str, bytes]]]]:
    """The address of a server and what it answers; the test adds the page."""
    diagram = (ROOT / "workflows" / "incident.bpmn").read_bytes()
    answers = {
        "/run.bpmn": ("application/xml", diagram),
        "/state": ("application/json", json.dumps(STATE).encode()),
    }
    kinds = {".js": "text/javascript", ".css": "text/css"}
    for file in BUILT.iterdir():
        if file.suffix in kinds:
            answers[f"/{file.name}"] = (kinds[file.suffix], file.read_bytes())
    handler = type("Answering", (Handler,), {"answers": answers})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", answers
        server.shutdown()
        thread.join()


def opened(page: Page, site: tuple[str, dict[str, tuple[str, bytes]]], diagram: str) -> None:
    address, answers = site
    answers["/"] = ("text/html; charset=utf-8", PAGE.format(diagram=diagram).encode())
    page.goto(address)


def marked(page: Page, name: str) -> list[str | None]:
    return [
        element.get_attribute("data-element-id")
        for element in page.query_selector_all(f".djs-element.{name}")
    ]


def test_the_drawing_shows_what_is_done_waiting_cancelled_and_taken(page: Page, site) -> None:
    opened(page, site, BY_URL)
    page.wait_for_selector("#diagram[data-ready]")

    assert marked(page, "is-done") == ["set_priority"]
    assert marked(page, "is-waiting") == ["agree_what_right_means"]
    assert marked(page, "is-cancelled") == ["verify_outcome"]
    assert marked(page, "is-taken") == ["begin", "plan"]


def test_the_drawing_can_come_with_the_page(page: Page, site) -> None:
    xml = site[1]["/run.bpmn"][1].decode()
    data = json.dumps({"xml": xml, "state": STATE}).replace("<", "\\u003c")
    script = f'<script type="application/json" id="diagram-data">{data}</script>'

    opened(page, site, f'{script}<div id="diagram"></div>')
    page.wait_for_selector("#diagram[data-ready]")

    assert marked(page, "is-waiting") == ["agree_what_right_means"]


def test_the_logo_of_the_drawing_is_visible_with_nothing_on_top(page: Page, site) -> None:
    opened(page, site, BY_URL)
    page.wait_for_selector("#diagram[data-ready]")

    logo = page.locator(".bjs-powered-by")

    logo.scroll_into_view_if_needed()
    assert logo.is_visible()
    assert logo.evaluate(
        "logo => { const at = logo.getBoundingClientRect();"
        " const top = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);"
        " return logo.contains(top); }"
    )


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_drawing_fits_and_is_accessible(page: Page, site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, site, BY_URL)
    page.wait_for_selector("#diagram[data-ready]")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page).response["violations"] == []


def test_the_keyboard_passes_through_the_drawing(page: Page, site) -> None:
    opened(page, site, BY_URL + '<a href="#after" id="after">After</a>')
    page.wait_for_selector("#diagram[data-ready]")

    names = []
    for _ in range(8):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent.slice(0, 8).trim()"))
        if names[-1] == "After":
            break

    assert names[:3] == ["Larger", "Smaller", "Whole"]
    assert names[-1] == "After"


def test_a_zoomed_drawing_can_be_seen_whole_again(page: Page, site) -> None:
    opened(page, site, BY_URL)
    page.wait_for_selector("#diagram[data-ready]")
    size = "document.querySelector('.viewport').getBoundingClientRect().width"
    whole = page.evaluate(size)

    page.get_by_role("button", name="Larger").click()
    assert page.evaluate(size) > whole * 1.2

    page.get_by_role("button", name="Whole").click()
    assert page.evaluate(size) == pytest.approx(whole, rel=0.01)
