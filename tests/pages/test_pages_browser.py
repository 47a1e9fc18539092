"""The built site in a real browser: search, tabs, copying, no script, no outside, axe."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from classifier.pages.model import MemorySource, ServerFacts, ServerTools, ToolFacts
from classifier.pages.site import build

CHROMIUM = shutil.which("chromium")
HOSTILE = int(os.environ.get("TOOLRISK_HOSTILE", "300"))
KINDS = (
    "index.html",
    "tools/*/deskopenstream-*.html",
    "servers/io-example-desk-*.html",
    "signals/credentials.html",
    "risk/high.html",
    "statistics.html",
    "methodology.html",
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback and return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield one
        one.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context()
    one = watched(context, address)
    yield one
    context.close()
    assert one.problems == []


def watched(context: BrowserContext, address: str) -> Page:
    """Return a page that notes console errors and requests that leave the site."""
    one = context.new_page()
    one.problems = []
    one.on("console", lambda m: one.problems.append(m.text) if m.type == "error" else None)
    one.on("pageerror", lambda error: one.problems.append(str(error)))
    one.on(
        "request",
        lambda r: None if r.url.startswith(address) else one.problems.append(f"outside: {r.url}"),
    )
    return one


def path_of(site: Path, pattern: str) -> str:
    return str(next(site.glob(pattern)).relative_to(site))


def test_search_finds_by_name_and_word_and_filters(page: Page, address: str) -> None:
    page.goto(address)
    names = page.locator("#results a.name")
    page.fill("#q", "desk open")
    expect(names.first).to_have_text("DeskOpenStream")
    page.fill("#q", "accounts")
    expect(names.first).to_have_text("list_accounts")
    page.fill("#q", "renews")
    expect(names).to_have_text(["DeskRenewStream"])
    page.fill("#q", "trading")
    expect(page.locator("#results")).to_contain_text("Trading Desk MCP Server")
    page.fill("#q", "desk")
    expect(page.locator("#search-status")).to_have_text("5 results")
    page.select_option("#f-risk", "medium")
    expect(page.locator("#search-status")).to_have_text("2 results")
    page.select_option("#f-category", "Write")
    expect(names).to_have_text(["rename_account"])
    page.fill("#q", "")
    page.select_option("#f-risk", "")
    page.select_option("#f-category", "")
    page.select_option("#f-signal", "credentials")
    expect(names).to_have_text(["DeskOpenStream"])
    page.fill("#q", "zzzzzz")
    expect(page.locator("#search-status")).to_have_text("Nothing found.")
    page.select_option("#f-signal", "")
    page.fill("#q", "desk open")
    names.first.click()
    expect(page.locator("h1")).to_have_text("DeskOpenStream")


def test_search_shows_hostile_names_as_text(page: Page, address: str) -> None:
    page.goto(f"{address}?q=script")
    expect(page.locator("#results a.name").first).to_contain_text("<script>alert(1)</script>")
    assert page.evaluate("document.querySelectorAll('#results script').length") == 0


def test_tabs_and_copying(page: Page, address: str, site: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(address + path_of(site, KINDS[1]))
    expect(page.locator(".panel:visible")).to_have_count(1)
    page.get_by_text("Claude Code", exact=True).click()
    shown = page.locator(".panel:visible pre")
    expect(shown).to_contain_text("permissions")
    page.locator(".panel:visible button.copy").click()
    expect(page.locator(".panel:visible button.copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == shown.text_content()
    page.keyboard.press("Tab")


def test_tabs_answer_the_keyboard(page: Page, address: str, site: Path) -> None:
    page.goto(address + path_of(site, KINDS[1]))
    page.locator("#t-policylayer").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#t-claude-code")).to_be_checked()
    expect(page.locator(".panel:visible pre")).to_contain_text("permissions")


def test_without_script_everything_but_search_works(
    browser: Browser, address: str, site: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = watched(context, address)
    page.goto(address)
    expect(page.locator("noscript")).to_be_visible()
    page.get_by_role("link", name="High", exact=True).click()
    page.get_by_role("link", name="DeskOpenStream").click()
    page.get_by_text("Claude Code", exact=True).click()
    expect(page.locator(".panel:visible pre")).to_contain_text("permissions")
    expect(page.locator("button.copy")).to_have_count(0)
    page.locator("#questions summary").first.click()
    expect(page.locator("#questions details p").first).to_be_visible()
    context.close()
    assert page.problems == []


def test_few_requests_before_a_page_is_readable(page: Page, address: str, site: Path) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(address + path_of(site, KINDS[1]), wait_until="networkidle")
    assert len([url for url in seen if not url.endswith("icon.svg")]) <= 3  # an icon can wait


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_is_wider_than_a_phone(
    browser: Browser, address: str, site: Path, kind: str
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = watched(context, address)
    page.goto(address + path_of(site, kind))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
    assert page.problems == []


@pytest.mark.parametrize("width", [390, 650, 768])
@pytest.mark.parametrize(
    "kind", [*KINDS[1:3], "methodology.html", "servers/index.html", "changes.html"]
)
def test_no_table_scrolls_sideways_within_its_page(
    browser: Browser, address: str, site: Path, kind: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    page = watched(context, address)
    page.goto(address + path_of(site, kind))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.locator(".scroll").evaluate_all(
        "all => all.map(e => e.scrollWidth - e.clientWidth)"
    )
    assert [over for over in boxes if over > 0] == []
    context.close()
    assert page.problems == []


def test_a_row_in_a_column_of_its_own_still_says_what_its_numbers_are(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = watched(context, address)
    page.goto(address + "servers/index.html")
    cells = page.locator("table.stack tbody tr").first.locator("td")
    shown = [cell.evaluate("e => getComputedStyle(e, '::before').content") for cell in cells.all()]
    assert [one.replace('" "', "") for one in shown] == ['"Tools: "', '"In its words: "']
    context.close()
    assert page.problems == []


LONG_PATH = "settings_of_the_account_that_is_charged"


@pytest.fixture
def odd(
    browser: Browser,
    tmp_path: Path,
    make: Callable[..., ToolFacts],
    make_server: Callable[..., ServerFacts],
) -> Iterator[tuple[Page, str, Path]]:
    """Return a phone's page, the address and the folder of a site of names that are hard to show."""
    own = "io.example/odd"
    charge = make("charge", "Charges an account.", own)
    nested = {"type": "object", "properties": {LONG_PATH: {"type": "string"}}}
    schema = {"type": "object", "properties": {LONG_PATH: nested}}
    tools = [
        make("codehub_search", "Looks through the repositories of codehub.", own),
        make("createFolder", "Makes a folder.", own),
        make("zero\u200bwidth_list", "Lists\u202e things.", own),
        make("long_" * 600, "Has a long name.", own),
        replace(charge, tool=replace(charge.tool, input_schema=schema)),
        *(make(f"get_{word}", f"Gets a {word}.", own) for word in ("map", "cup", "hat", "pen")),
    ]
    build(MemorySource.of([(make_server(own), ServerTools(tuple(tools)))]), tmp_path / "odd")
    context = browser.new_context(viewport={"width": 360, "height": 740})
    with served(tmp_path / "odd") as one:
        page = watched(context, one)
        yield page, one, tmp_path / "odd"
        context.close()
        assert page.problems == []


def test_search_reads_names_as_people_write_them(odd: tuple[Page, str, Path]) -> None:
    page, address, _ = odd
    page.goto(address)
    names = page.locator("#results a.name")
    for query in ("CodeHub", "codehub", "CodeHubSearch", "CodeHub Search", "CODEHUB"):
        page.fill("#q", "")
        expect(names).to_have_count(0)
        page.fill("#q", query)
        expect(names).to_have_text(["codehub_search"])
    for query in ("create f", "CreateFolder", "create_folder"):
        page.fill("#q", query)
        expect(names).to_have_text(["createFolder"])
    page.fill("#q", "CodeHub zzz")
    expect(page.locator("#search-status")).to_have_text("Nothing found.")
    page.fill("#q", "q")
    expect(page.locator("#search-status")).to_have_text("Write one more letter.")
    for query in ("the", "%", "\U0001f642"):
        page.fill("#q", query)
        expect(page.locator("#search-status")).to_have_text("Nothing in this to search for.")
    page.fill("#q", " ")
    expect(page.locator("#search-status")).to_have_text("")
    page.fill("#q", "width list")
    expect(names).to_have_text(["zero[U+200B zero-width space]width_list"])
    expect(page.locator("#results .summary")).to_have_text(
        "Lists[U+202E right-to-left override] things."
    )


def test_the_form_and_its_results_stay_in_step(page: Page, address: str) -> None:
    status = page.locator("#search-status")
    page.goto(address)
    page.fill("#q", "desk")
    expect(status).to_have_text("5 results")
    page.select_option("#f-risk", "medium")
    expect(status).to_have_text("2 results")
    page.locator("#results a.name").first.click()
    expect(page.locator("h1.name")).to_be_visible()
    page.go_back()
    expect(status).to_have_text("2 results")
    assert page.input_value("#q") == "desk"
    assert page.input_value("#f-risk") == "medium"
    page.fill("#q", "")
    expect(status).to_have_text("2 results")  # of medium risk
    page.reload()
    expect(status).to_have_text("2 results")
    assert page.input_value("#f-risk") == "medium"
    page.goto(f"{address}?q=desk&risk=none&signal=credentials")
    expect(page.locator("#results a.name")).to_have_text(["DeskOpenStream"])
    assert page.input_value("#f-risk") == ""  # not a level
    assert page.input_value("#f-signal") == "credentials"


def test_a_failed_fetch_is_tried_again(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/search/shards.json", lambda route: route.abort(), times=1)
    page.goto(f"{address}?q=renews")
    status = page.locator("#search-status")
    expect(status).to_contain_text("could not be read")
    page.locator("#q").press("Enter")
    expect(status).to_have_text("1 result")
    context.close()


def test_long_names_and_narrow_lists_on_a_phone(odd: tuple[Page, str, Path]) -> None:
    page, address, folder = odd
    page.goto(address + path_of(folder, "servers/io-example-odd*.html"))
    rows = page.locator("table.tools tbody tr:visible")
    expect(rows).to_have_count(9)
    page.fill("#narrow", "codehub")
    expect(page.locator(".narrow .status")).to_have_text("1 of 9")
    expect(rows).to_have_count(1)
    page.goto(address + path_of(folder, "tools/*/charge.html"))
    expect(page.locator("#parameters code", has_text=f"{LONG_PATH}.{LONG_PATH}")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto(address + path_of(folder, "tools/*/long_*.html"))
    box = page.locator("#verdict .badge").bounding_box()
    assert box is not None
    assert box["y"] < 740
    page.locator("h1 a").click()
    assert page.url.endswith("#definition")


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return axe-core, got by npm from the user's own registry."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "axe-core@4"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip("axe-core cannot be had from npm here")
    return folder / "node_modules/axe-core/axe.min.js"


@pytest.mark.online
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(  # noqa: PLR0917  # fixtures
    browser: Browser, address: str, site: Path, axe: Path, kind: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(address + path_of(site, kind))
    page.evaluate(axe.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
    context.close()
    assert told == []


PARTS = (
    "<script>window.hurt=1</script>",
    "<img src=x onerror=window.hurt=1>",
    "<svg/onload=window.hurt=1>",
    "</pre></textarea></title></script>",
    "javascript:window.hurt=1",
    "<a href='javascript:window.hurt=1'>",
    "<style>*{display:none}</style>",
    "{{ 7*7 }}{% include 'x' %}",
    "\u202e\u2066\u200b\u200d\ufeff",
    "\U000e0049\U000e0047",
    "\x00\x1b[2J\x7f",
    "\ud800",
    "'\"><iframe src=//evil.example>",
    "<!--", "]]>", "&lt;script&gt;", "&#x3c;script", "<base href=//evil.example>",
    "<form action=//evil.example><button>", "<meta http-equiv=refresh content=0;url=//evil.example>",
    "x" * 100_000,
)  # fmt: skip


def test_hostile_definitions_are_text_in_the_dom(
    browser: Browser,
    tmp_path: Path,
    make: Callable[..., ToolFacts],
    make_server: Callable[..., ServerFacts],
) -> None:
    chance = random.Random(7)  # noqa: S311  # repeatable, not secret
    tools = []
    for index in range(HOSTILE):
        text = "".join(chance.choices(PARTS[: -1 if index % 20 else None], k=6))
        tools.append(make(f"{text[:60]}{index}", text, "io.example/made"))
    out = tmp_path / "site"
    build(MemorySource.of([(make_server("io.example/made"), ServerTools(tuple(tools)))]), out)
    with served(out) as address:
        context = browser.new_context()
        page = watched(context, address)
        page.goto(address)
        paths = [str(p.relative_to(out)) for p in sorted(out.rglob("*.html"))]
        told = page.evaluate(_LOOK, paths)
        assert told == []
        for path in itertools.islice(paths, 0, None, max(1, len(paths) // 25)):
            page.goto(address + path)
            assert page.evaluate("window.hurt") is None
        context.close()
        assert page.problems == []


_LOOK = """async (paths) => {
  const told = [];
  const tags = new Set("iframe object embed base img style form textarea video audio".split(" "));
  for (const path of paths) {
    const text = await (await fetch(path)).text();
    const tree = new DOMParser().parseFromString(text, "text/html");
    for (const node of tree.querySelectorAll("*")) {
      const name = node.localName;
      if (tags.has(name) && !(name === "form" && node.id === "search")) told.push(path + " <" + name);
      if (name === "script" && !node.hasAttribute("src") && node.type !== "application/ld+json")
        told.push(path + " <script");
      for (const { name: key, value } of node.attributes) {
        if (key.startsWith("on") || key === "style") told.push(path + " " + key);
        if (["href", "src", "action"].includes(key)) {
          const url = new URL(value, location.href);
          if (!["http:", "https:"].includes(url.protocol)) told.push(path + " " + value);
        }
      }
    }
    if (/[\\u202a-\\u202e\\u2066-\\u2069\\u200b-\\u200f\\ufeff\\u0000\\u001b]/.test(tree.body.textContent))
      told.push(path + " unseen");
  }
  return told.slice(0, 5);
}"""
