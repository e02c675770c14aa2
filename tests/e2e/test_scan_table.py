# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Ten thousand scans in the browser: the table, its filters, its keys, and what is done to many."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from fewpoints.server.db.engine import Database
from fewpoints.server.rounds.tables import Query
from fewpoints.server.scans.tables import Scan
from fewpoints.server.settings import Settings
from tests.e2e.conftest import RunningServer, running_server, wait_until
from tests.e2e.test_accessible import axe as axe  # A fixture.
from tests.e2e.test_accessible import violations
from tests.server.many_scans import seed_many

pytestmark = pytest.mark.browser
SCANS = 10_000
SECONDS = 1000
MAX_ROWS = 60
MAX_HEAP_BYTES = 60e6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with many scans whose jobs wait."""
    home = tmp_path_factory.mktemp("many") / "home"
    with running_server(home, RUN_JOBS="false") as running:
        yield running


@pytest.fixture(scope="module")
def database(server: RunningServer) -> Iterator[Database]:
    database = Database(Settings(home=server.home).resolved_database_url)
    yield database
    database.close()


@pytest.fixture(scope="module")
def project_id(database: Database) -> int:
    return seed_many(database, SCANS, queries=2)


@pytest.fixture(scope="module")
def lead(browser: Browser, server: RunningServer) -> Iterator[BrowserContext]:
    """The browser of a lead who is signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(server.sign_in_url)
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(lead: BrowserContext) -> Iterator[Page]:
    page = lead.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"{error} {error.stack}"))
    yield page
    page.close()
    assert problems == []


@pytest.fixture
def show(server: RunningServer, page: Page, project_id: int) -> Callable[[str], None]:
    """Opens the table as an address says."""

    def show(query: str = "") -> None:
        page.goto(f"{server.url}#/projects/{project_id}{query}")
        expect(page.get_by_test_id("scan-row").first).to_be_visible(timeout=20 * SECONDS)

    return show


def drawn_rows(page: Page) -> int:
    return page.get_by_test_id("scan-table").locator("tbody tr").count()


def names(page: Page) -> list[str]:
    return page.locator("[data-testid=scan-row] td.name > :first-child").all_inner_texts()


def counted(database: Database, *conditions: object) -> int:
    with database.read() as session:
        statement = select(func.count()).select_from(Scan).where(*conditions)  # type: ignore[arg-type]
        return session.scalar(statement) or 0


def test_all_can_be_scrolled_to_and_few_are_drawn(page: Page, show: Callable[[str], None]) -> None:
    began = time.monotonic()
    show("")
    print(f"first rows after {time.monotonic() - began:.2f} s")
    expect(page.get_by_test_id("scan-count")).to_have_text("10,000 scans")
    table = page.get_by_test_id("scan-table")
    expect(table).to_have_attribute("aria-rowcount", str(SCANS + 1))
    assert drawn_rows(page) <= MAX_ROWS
    box = page.get_by_test_id("scan-scroll")
    for share in (0.1, 0.33, 0.5, 0.77, 1.0):
        box.evaluate("(box, share) => box.scrollTo(0, share * box.scrollHeight)", share)
        expected = min(SCANS - 1, int(share * SCANS))
        near = page.locator(f"[data-testid=scan-row][aria-rowindex='{expected + 1}']")
        expect(near).to_be_visible()
        assert drawn_rows(page) <= MAX_ROWS
        assert names(page) != []
    last = page.locator(f"[data-testid=scan-row][aria-rowindex='{SCANS + 1}']")
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
    expect(last.locator("td.name")).to_contain_text("09999.ply")

    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    print(f"heap {heap / 1e6:.1f} MB")
    assert heap < MAX_HEAP_BYTES


def test_filters_are_in_the_address(
    page: Page, show: Callable[[str], None], database: Database, project_id: int
) -> None:
    mine = Scan.project_id == project_id
    failed = counted(database, mine, Scan.state == "failed")
    show("")
    filters = page.get_by_role("search")
    filters.get_by_label("State").select_option("failed")
    expect(page.get_by_test_id("scan-count")).to_have_text(f"{failed:,} of 10,000 scans")
    assert page.url.endswith(f"#/projects/{project_id}?state=failed")
    states = page.get_by_test_id("scan-row").evaluate_all("rows => rows.map(r => r.dataset.state)")
    assert set(states) == {"failed"}
    expect(page.get_by_test_id("scan-error").first).to_have_text("Line 7 of the header is not one.")

    page.get_by_test_id("scan-search").press_sequentially("hall 50%")
    halls = counted(database, mine, Scan.state == "failed", Scan.name.startswith("Hall"))
    expect(page.get_by_test_id("scan-count")).to_have_text(f"{halls:,} of 10,000 scans")
    assert all(name.startswith("Hall 50%") for name in names(page))
    page.reload()
    expect(page.get_by_test_id("scan-search")).to_have_value("hall 50%")
    expect(page.get_by_test_id("scan-count")).to_have_text(f"{halls:,} of 10,000 scans")

    page.get_by_test_id("scan-search").fill("nowhere")
    expect(page.get_by_role("heading", name="No scan matches these filters")).to_be_visible()
    page.get_by_role("button", name="Clear filters").last.click()
    expect(page.get_by_test_id("scan-count")).to_have_text("10,000 scans")
    assert page.url.endswith(f"#/projects/{project_id}")


def test_a_link_shows_what_it_names(
    page: Page, show: Callable[[str], None], database: Database, project_id: int
) -> None:
    show("?progress=done&sort=-points")
    with database.read() as session:
        done = session.scalars(
            select(Scan.name)
            .where(Scan.project_id == project_id, Scan.query_count > 0, Scan.open_count == 0)
            .order_by(Scan.points.desc())
            .limit(5)
        ).all()
    assert names(page)[:5] == done
    points = page.get_by_role("columnheader", name="Points")
    expect(points).to_have_attribute("aria-sort", "descending")
    page.get_by_role("button", name="Points").click()
    expect(points).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("td.name").first).not_to_contain_text(done[0])
    page.get_by_role("button", name="Points").click()
    expect(points).to_have_attribute("aria-sort", "none")
    assert page.url.endswith("?progress=done")


def test_it_is_walked_with_the_keyboard(page: Page, show: Callable[[str], None]) -> None:
    show("?state=ready")
    table = page.get_by_test_id("scan-table")
    table.focus()
    active = page.locator("tr.active")

    def press(keys: str, row: int) -> None:
        page.keyboard.press(keys)
        expect(active).to_have_attribute("aria-rowindex", str(row + 2))
        expect(active).to_have_attribute("data-testid", "scan-row")  # It has come.
        expect(active).to_be_in_viewport()
        active_id = str(active.get_attribute("id"))
        expect(table).to_have_attribute("aria-activedescendant", active_id)

    press("ArrowDown", 1)
    press("ArrowUp", 0)
    press(
        "PageDown", int(table.evaluate("t => Math.floor((t.parentElement.clientHeight-38)/56)-1"))
    )
    total = int(str(table.get_attribute("aria-rowcount"))) - 1
    press("End", total - 1)
    press("Home", 0)
    page.keyboard.press("Space")
    count = page.get_by_test_id("bulk-count")
    expect(count).to_have_text("1 scan selected")
    press("Shift+ArrowDown", 1)
    press("Shift+ArrowDown", 2)
    expect(count).to_have_text("3 scans selected")
    press("Shift+ArrowUp", 1)
    expect(count).to_have_text("2 scans selected")
    press("Shift+End", total - 1)  # Most of these were never here.
    expect(count).to_have_text(f"{total:,} scans selected")
    page.keyboard.press("Space")
    expect(count).to_have_text(f"{total - 1:,} scans selected")
    page.keyboard.press("Control+a")
    expect(count).to_have_text(f"{total:,} scans selected")
    page.get_by_role("button", name="Clear selection").click()
    expect(count).to_have_count(0)

    # The controls of the active row follow the table, and those of the others do not.
    table.focus()
    press("Home", 0)
    name = names(page)[0]
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.closest('thead') !== null"):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == name
    table.focus()
    page.keyboard.press("Enter")
    wait_until(page, "location.hash.startsWith('#/scans/')")


def test_an_answer_is_seen_in_its_row_and_nothing_is_read_again(
    page: Page, show: Callable[[str], None], database: Database, project_id: int
) -> None:
    show("?progress=untouched&state=ready")
    show("")
    with database.read() as session:
        scan_id, point = session.execute(
            select(Scan.id, Query.point_index)
            .join(Query, Query.scan_id == Scan.id)
            .where(Scan.project_id == project_id, Scan.answer_count == 0)
            .order_by(Scan.id, Query.rank)
            .limit(1)
        ).one()
    row = page.locator(f"[data-scan-id='{scan_id}']")
    expect(row.get_by_test_id("scan-progress")).to_have_text("0/2")
    page.wait_for_timeout(1000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    status = page.evaluate(
        """([scan, body]) => fetch(`api/v1/scans/${scan}/answers`, {
            method: "POST", headers: {"Content-Type": "application/json"},
            body: JSON.stringify(body) }).then((answer) => answer.status)""",
        [
            scan_id,
            {
                "client_id": str(uuid.uuid4()),
                "query_id": None,
                "point_index": point,
                "reply": "class",
                "class_index": 0,
                "instance": None,
                "seconds": 1.5,
                "checkpoint_id": None,
            },
        ],
    )
    assert status == 201
    expect(row.get_by_test_id("scan-progress")).to_have_text("1/2")
    page.wait_for_timeout(1000)
    assert [url for url in asked if re.search(r"/projects/\d+/scans", url)] == []


def test_jobs_for_thousands_are_one_line(page: Page, show: Callable[[str], None]) -> None:
    show("?state=ready")
    received: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.eventSourceMessageReceived", lambda message: received.append(1))
    page.get_by_role("checkbox", name=re.compile("Select all")).check()
    page.get_by_role("button", name="Choose points…").click()
    would = page.get_by_test_id("bulk-would")
    expect(would).to_contain_text("20 further points each will be chosen: Random.")
    page.get_by_test_id("bulk-run").click()
    group = page.get_by_test_id("job-group")
    expect(group).to_contain_text(re.compile(r"0 of 8,\d\d\d"))
    expect(page.get_by_test_id("job")).to_have_count(6)
    expect(page.get_by_test_id("jobs-unseen")).to_have_text(
        re.compile(r"8,\d\d\d more are waiting")
    )
    page.wait_for_timeout(2000)
    assert len(received) < 20
    group.get_by_role("button", name="Cancel all").click()
    expect(group).to_have_count(0)


def test_what_a_filter_finds_is_deleted_and_nothing_else(
    page: Page, show: Callable[[str], None], database: Database, project_id: int
) -> None:
    mine = Scan.project_id == project_id
    with database.read() as session:
        doomed, answers = session.execute(
            select(func.count(), func.sum(Scan.answer_count)).where(
                mine, Scan.name.startswith("Kitchen 00")
            )
        ).one()
    before = counted(database, mine)
    show("?name=kitchen+00")
    expect(page.get_by_test_id("scan-count")).to_have_text(f"{doomed:,} of 10,000 scans")
    page.get_by_role("checkbox", name=re.compile("Select all")).check()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_test_id("bulk-would")).to_contain_text(
        f"{doomed:,} scans with {answers:,} answers will be gone."
    )
    run = page.get_by_test_id("bulk-run")
    expect(run).to_be_disabled()
    confirm = page.get_by_label(f"Type {doomed:,} to confirm")
    confirm.fill(str(doomed - 1))
    expect(run).to_be_disabled()
    confirm.fill(str(doomed))

    # Somebody else deletes one of them meanwhile: nothing happens, and the numbers are new.
    with database.write() as session:
        other = session.scalars(
            select(Scan).where(mine, Scan.name.startswith("Kitchen 00"))
        ).first()
        session.delete(other)
    run.click()
    expect(page.get_by_role("alert")).to_contain_text(f"You meant {doomed} scans")
    assert counted(database, mine) == before - 1
    page.get_by_label(f"Type {doomed - 1:,} to confirm").fill(f"{doomed - 1:,}")
    run.click()
    expect(page.get_by_role("heading", name="No scan matches these filters")).to_be_visible()
    assert counted(database, mine, Scan.name.startswith("Kitchen 00")) == 0
    assert counted(database, mine) == before - doomed
    page.get_by_role("button", name="Clear filters").last.click()
    expect(page.get_by_test_id("scan-count")).to_have_text(f"{before - doomed:,} scans")


def test_it_passes_axe(page: Page, show: Callable[[str], None], axe: str) -> None:
    show("?sort=-answered")
    page.get_by_test_id("scan-table").focus()
    for keys in ("ArrowDown", "Space", "Shift+ArrowDown"):
        page.keyboard.press(keys)
    expect(page.get_by_test_id("bulk-count")).to_have_text("2 scans selected")
    assert violations(page, axe) == [], "table"
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_test_id("bulk-would")).to_be_visible()
    assert violations(page, axe) == [], "bulk dialog"
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page, axe) == [], "narrow"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
