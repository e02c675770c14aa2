# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The viewer beside potree-core: same cloud, picture, camera path and budget, in one browser.

    (cd tests/benchmarks/viewer && npm ci && npm run build)
    python -m tests.benchmarks.viewer.compare --data /tmp/viewer-benchmark

makes a landscape of ten million points, writes it as our tiles and as an uncompressed Potree 2
octree, opens both viewers in turn, each time with an empty cache, and prints one JSON line per
visit and one with the medians. Our page is the product's label page behind its own server;
potree-core's has nothing but the picture, in the same size, behind a server of static files.

* first picture: from the navigation to the end of the first frame with 50,000 points or more.
* full picture: until everything that the overview asks for is there and drawn.
* frame: between two animation frames while the camera flies, each having waited for the picture.
* cold: opened on the close-up with an empty cache; ours is sent there as soon as its view exists.
* same points: the same with as many points in our moving picture as potree-core has.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from fewpoints.server.db.engine import Database
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from tests.benchmarks.record import record
from tests.benchmarks.viewer.landscape import landscape
from tests.benchmarks.viewer.potree import write_potree
from tests.e2e import chromium
from tests.server.processes import ServerProcess
from tests.server.seeding import seed_scan

HERE = Path(__file__).parent
ENOUGH = 50_000
WINDOW = (1280, 720)
CLOSE = {"eye": [150.0, 140.0, 22.0], "target": [185.0, 180.0, 2.0]}
FRAMES = 40

WATCH = """
    const enough = ENOUGH;
    window.watch = { first: null, drawn: 0 };
    const loop = () => {
        requestAnimationFrame(loop);
        const hooks = window.__fewpoints;
        const layer = hooks?.viewer.layer;
        if (!layer || hooks.frames === 0) return;
        let drawn = 0;
        for (const points of layer.scene.children)
            if (points.visible) drawn += points.geometry.drawRange.count;
        window.watch.drawn = drawn; // In the last slice of the picture.
        if (window.watch.first !== null || drawn < enough) return;
        finish(document.querySelector("canvas.viewer-canvas"));
        window.watch.first = performance.now();
    };
    requestAnimationFrame(loop);
""".replace("ENOUGH", str(ENOUGH))
FINISH = """
    window.finish = (canvas) => {
        const gl = canvas.getContext("webgl2");
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    };
"""
# Poses from `from` to `to` and on in a curve; returns milliseconds per frame and points in each.
FLY = """
    async ({ from, to, frames, drawn, set }) => {
        const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);
        const next = () => new Promise((resolve) => requestAnimationFrame(resolve));
        const canvas = document.querySelector("canvas");
        const place = eval(set);
        const count = eval(drawn);
        const took = [];
        const points = [];
        await next();
        let last = performance.now();
        for (let i = 1; i <= frames; i++) {
            const t = i / frames;
            const turn = Math.sin(t * Math.PI) * 40;
            const eye = mix(from.eye, to.eye, t);
            place([eye[0] + turn, eye[1] - turn, eye[2]], mix(from.target, to.target, t));
            await next();
            finish(canvas);
            const now = performance.now();
            took.push(now - last);
            points.push(count());
            last = now;
        }
        return { took, points };
    }
"""
# To the close-up before the first point has arrived.
AT_ONCE = """
    const { eye, target } = CLOSE;
    const send = () => {
        const viewer = window.__fewpoints?.viewer;
        if (viewer?.layer) viewer.flyTo({ eye, target }, false);
        else requestAnimationFrame(send);
    };
    requestAnimationFrame(send);
""".replace("CLOSE", json.dumps(CLOSE))
OURS = {
    "set": "(eye, target) => window.__fewpoints.viewer.flyTo({ eye, target }, false)",
    "drawn": "() => window.watch.drawn",
    "settled": "window.__fewpoints?.viewer.loadedPoints > 0 && window.__fewpoints.settled",
    "first": "window.watch.first",
    "held": "window.__fewpoints.viewer.layer.cull(window.__fewpoints.viewer.rig.camera, 600)",
}
POTREE = {
    "set": "(eye, target) => window.bench.setPose(eye, target)",
    "drawn": "() => window.bench.shown",
    "settled": "window.bench?.settled === true",
    "first": "window.bench?.first ?? null",
    "held": "window.bench.shown",
}


def prepare(data: Path, points: int) -> Settings:
    """Write the cloud both ways into `data`, unless it is there."""
    settings = Settings(home=data / "home")
    if not (data / "potree" / "metadata.json").exists():
        scan = landscape(points)
        settings.home.mkdir(parents=True, exist_ok=True)
        with ServerProcess(settings.home):  # Makes the database.
            database = Database(settings.resolved_database_url)
            seed_scan(database, Storage(settings), scan=scan, queries=0)
            database.close()
        write_potree(scan, data / "potree")
    return settings


def serve_files(data: Path) -> str:
    """Serve potree-core's page and data until this process ends; return the address."""
    app = Starlette(
        routes=[
            Mount("/data", StaticFiles(directory=data / "potree")),
            Mount("/build", StaticFiles(directory=HERE / "build")),
        ]
    )
    page = (HERE / "index.html").read_text(encoding="utf-8")
    (HERE / "build" / "index.html").write_text(page, encoding="utf-8")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    return f"http://127.0.0.1:{port}"


def until(page: Page, expression: str, timeout_s: float = 180) -> Any:
    """Poll until the expression is true; return its value."""
    deadline = time.monotonic() + timeout_s
    while not (value := page.evaluate(expression)):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(10)
    return value


class Traffic:
    """Bytes of bodies that a page received, those of points apart."""

    def __init__(self, page: Page) -> None:
        self.points = self.all = self.requests = 0
        self._of_points: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.dataReceived", self._received)

    def _sent(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        names = ("/tiles.json", "/records.bin", "/root.bin", "metadata.json", "hierarchy.bin")
        if any(name in url for name in (*names, "octree.bin")):
            self._of_points.add(event["requestId"])
            self.requests += 1

    def _received(self, event: dict[str, Any]) -> None:
        self.all += event["dataLength"]
        if event["requestId"] in self._of_points:
            self.points += event["dataLength"]


def measure(
    page: Page, viewer: dict[str, str], url: str, start: dict[str, Any] | None, budget: int
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """One visit; `start` is where the flight starts, else where our page starts from."""
    traffic = Traffic(page)
    page.goto(url)
    first = until(page, viewer["first"])
    until(page, viewer["settled"])
    # It takes potree-core some frames to be sure that nothing is missing; they are not its time.
    full = page.evaluate("window.bench?.quietSince ?? performance.now()")
    if start is None:
        start = page.evaluate("window.__fewpoints.camera")
        assert page.evaluate("window.__fewpoints.viewer.budget") == budget
    found: dict[str, Any] = {
        "first_ms": first,
        "full_ms": full,
        "overview_bytes": traffic.points,
        "overview_requests": traffic.requests,
        "page_bytes": traffic.all,
        "overview_points": page.evaluate(viewer["held"]),
    }
    path = {"from": start, "to": CLOSE, "frames": FRAMES}
    flown = page.evaluate(FLY, {**path, "set": viewer["set"], "drawn": viewer["drawn"]})
    found["frame_ms"] = statistics.median(flown["took"])
    found["frame_p90_ms"] = sorted(flown["took"])[int(0.9 * FRAMES)]
    found["moving_points"] = statistics.median(flown["points"])
    page.wait_for_timeout(300)
    until(page, viewer["settled"])
    found["close_bytes"] = traffic.points - found["overview_bytes"]
    found["close_requests"] = traffic.requests - found["overview_requests"]
    found["close_points"] = page.evaluate(viewer["held"])
    return found, start, path


def cold(page: Page, viewer: dict[str, str], url: str) -> dict[str, float]:
    """The close-up opened with nothing there."""
    traffic = Traffic(page)
    page.goto(url)
    first = until(page, viewer["first"])
    until(page, viewer["settled"])
    full = page.evaluate("window.bench?.quietSince ?? performance.now()")
    found = {
        "cold_first_ms": first,
        "cold_full_ms": full,
        "cold_bytes": traffic.points,
        "cold_requests": traffic.requests,
        "cold_points": page.evaluate(viewer["held"]),
    }
    page.context.close()
    return found


def same_points(page: Page, path: dict[str, Any], points: float) -> dict[str, float]:
    """Our frames when the moving picture has as many points as is given."""
    page.evaluate(
        f"window.__fewpoints.viewer.drawing.pace = {{ points: {points}, frame() {{}} }}, undefined"
    )
    flown = page.evaluate(FLY, {**path, "set": OURS["set"], "drawn": OURS["drawn"]})
    assert max(flown["points"]) > points / 2  # It was heeded.
    return {
        "same_points_frame_ms": statistics.median(flown["took"]),
        "same_points": statistics.median(flown["points"]),
    }


def visit(browser: Browser, width: int, height: int) -> Page:
    """A page of its own with an empty cache; no content policy, or the script could not look in."""
    context = browser.new_context(viewport={"width": width, "height": height}, bypass_csp=True)
    page = context.new_page()
    page.add_init_script(FINISH)
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="Where the clouds are kept.")
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--budget", type=int, default=1_000_000, help="Of our default.")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--shots", type=Path, help="Folder for pictures of the last visits.")
    options = parser.parse_args()
    settings = prepare(options.data, options.points)
    files = serve_files(options.data)
    found: dict[str, list[dict[str, Any]]] = {"fewpoints": [], "potree-core": []}
    with (
        ServerProcess(settings.home) as server,
        sync_playwright() as playwright,
        playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.FLAGS, chromium_sandbox=False
        ) as browser,
    ):
        sign_in = browser.new_context()
        sign_in.new_page().goto(server.sign_in_url)
        sign_in.pages[0].get_by_role("button", name="New project").first.wait_for()
        cookies = sign_in.cookies()
        start: dict[str, Any] | None = None
        for repeat in range(options.repeats):
            page = visit(browser, *WINDOW)
            page.context.add_cookies(cookies)  # type: ignore[arg-type]
            page.add_init_script(WATCH)
            ours, start, path = measure(
                page, OURS, f"{server.address}/#/scans/1", None, options.budget
            )
            shot(page, options.shots, "fewpoints-close")
            page.evaluate(
                "([eye, target]) => window.__fewpoints.viewer.flyTo({ eye, target }, false)",
                [start["eye"], start["target"]],
            )
            page.wait_for_timeout(300)
            until(page, OURS["settled"])
            shot(page, options.shots, "fewpoints-overview")
            our_page = page

            canvas = page.locator("canvas.viewer-canvas").bounding_box()
            assert canvas is not None
            page = visit(browser, int(canvas["width"]), int(canvas["height"]))
            query = (
                f"?data=/data/&budget={options.budget}&enough={ENOUGH}"
                f"&eye={json.dumps(start['eye'])}&target={json.dumps(start['target'])}"
            )
            theirs, _, _ = measure(
                page, POTREE, f"{files}/build/index.html{query}", start, options.budget
            )
            shot(page, options.shots, "potree-close")
            page.evaluate(
                "([eye, target]) => window.bench.setPose(eye, target)",
                [start["eye"], start["target"]],
            )
            page.wait_for_timeout(500)
            until(page, POTREE["settled"])
            shot(page, options.shots, "potree-overview")
            page.context.close()
            page = visit(browser, int(canvas["width"]), int(canvas["height"]))
            query = (
                f"?data=/data/&budget={options.budget}&enough={ENOUGH}"
                f"&eye={json.dumps(CLOSE['eye'])}&target={json.dumps(CLOSE['target'])}"
            )
            theirs |= cold(page, POTREE, f"{files}/build/index.html{query}")
            ours |= same_points(our_page, path, theirs["moving_points"])
            our_page.context.close()
            page = visit(browser, *WINDOW)
            page.context.add_cookies(cookies)  # type: ignore[arg-type]
            page.add_init_script(WATCH)
            page.add_init_script(AT_ONCE)
            ours |= cold(page, OURS, f"{server.address}/#/scans/1")
            for name, one in (("fewpoints", ours), ("potree-core", theirs)):
                found[name].append(one)
                print(json.dumps({"viewer": name, "repeat": repeat, **one}), flush=True)
    for name, visits in found.items():
        medians = {key: statistics.median(one[key] for one in visits) for key in visits[0]}
        record(
            "viewer",
            {
                "viewer": name,
                "points": options.points,
                "budget": options.budget,
                "repeats": options.repeats,
                **{key: round(value, 1) for key, value in medians.items()},
                "cores": os.cpu_count(),
                "machine": platform.machine(),
            },
        )


def shot(page: Page, folder: Path | None, name: str) -> None:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png")


if __name__ == "__main__":
    main()
