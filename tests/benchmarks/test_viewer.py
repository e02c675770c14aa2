# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The viewer in a real browser: recolouring a million points, memory with ten million.

`pytest tests/benchmarks/test_viewer.py -m benchmark -s` prints one JSON line per case. Aims: 16 ms
of main-thread time for other colours of a million points; memory that follows the point budget. How
the viewer compares with potree-core is measured by `tests/benchmarks/viewer`.
"""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.server.db.engine import Database
from fewpoints.server.storage import Storage
from tests.benchmarks.record import record
from tests.benchmarks.viewer.landscape import SIDE_M, landscape
from tests.e2e import chromium
from tests.e2e.conftest import wait_until
from tests.server.processes import ServerProcess
from tests.server.seeding import seed_scan

pytestmark = [pytest.mark.benchmark, pytest.mark.browser]
SETTLED = "window.__fewpoints?.ready === true && window.__fewpoints.settled"
MEGABYTE = 2**20


@contextmanager
def shown(tmp_path: Path, scan: PointScan) -> Iterator[Page]:
    """The label page with a scan in it."""
    with ServerProcess(tmp_path) as server, sync_playwright() as playwright:
        database = Database(server.settings.resolved_database_url)
        seeded = seed_scan(database, Storage(server.settings), scan=scan, queries=0)
        database.close()
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.FLAGS, chromium_sandbox=False
        )
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.goto(server.sign_in_url)
        page.get_by_role("button", name="New project").first.wait_for()
        page.goto(f"{server.address}/#/scans/{seeded.scan_id}")
        wait_until(page, SETTLED, timeout_s=300)
        yield page
        browser.close()


# Milliseconds of script of a change and of the frames that follow it, apart from waiting for them.
RECOLOUR = """
    async (repeats) => {
        const { viewer } = window.__fewpoints;
        const records = viewer.loadedPoints;
        const settled = async () => {
            do await new Promise((resolve) => setTimeout(resolve, 60));
            while (!window.__fewpoints.settled);
        };
        let spent = 0;
        const frame = viewer.frame;
        viewer.frame = (now) => {
            const start = performance.now();
            frame(now);
            spent = Math.max(spent, performance.now() - start);
        };
        const { layer } = viewer;
        const append = layer.appendChannel;
        let appended = 0; // All arrivals of a channel together.
        layer.appendChannel = (...args) => {
            const start = performance.now();
            append.apply(layer, args);
            appended += performance.now() - start;
        };
        const pairs = [0, 1].map((k) =>
            Uint8Array.from({ length: records * 2 }, (_, i) => (i * 7 + k) % 251));
        const bytes = new Uint8Array(records * 4).fill(90);
        const source = { fetch: async (from, to) => bytes.subarray(from * 4, to * 4) };
        const changes = {
            labels: (k) => viewer.setLabels(pairs[k % 2]),
            mode: (k) => viewer.setMode(k % 2 ? "rgb" : "labels"),
            channel: () => viewer.setChannel({ ...source }),
        };
        const found = {};
        for (const [name, change] of Object.entries(changes)) {
            viewer.setMode(name === "channel" ? "features" : "labels");
            await settled();
            found[name] = [];
            found[`${name} frame`] = [];
            for (let k = 0; k < repeats; k++) {
                spent = 0;
                appended = 0;
                const start = performance.now();
                change(k);
                found[name].push(performance.now() - start);
                await settled();
                found[`${name} frame`].push(spent);
                if (name === "channel") found[name][k] += appended;
            }
        }
        return { records, ...found };
    }
"""


def test_recolouring_a_million_points(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    positions = rng.uniform(0, 1, (1_000_000, 3)) * (10, 8, 0.05)
    scan = PointScan(
        positions=positions, colours=rng.integers(0, 256, positions.shape, dtype=np.uint8)
    )
    with shown(tmp_path, scan) as page:
        found = page.evaluate(RECOLOUR, 7)
    assert found.pop("records") == 1_000_000
    medians = {name: round(statistics.median(values), 2) for name, values in found.items()}
    record("viewer recolour", {"points": 1_000_000, "ms": medians, **machine()})


def test_memory_while_flying_over_ten_million_points(tmp_path: Path) -> None:
    budget = 600_000
    with shown(tmp_path, landscape(10_000_000)) as page:
        page.evaluate(f"window.__fewpoints.viewer.setPointBudget({budget})")
        wait_until(page, SETTLED, timeout_s=120)
        session = page.context.new_cdp_session(page)
        tiles = page.evaluate("window.__fewpoints.viewer.layer.manifest.tiles.length")
        held, loaded, heap = [], [], []
        for x in np.linspace(0.1, 0.9, 4) * SIDE_M:
            for y in np.linspace(0.1, 0.9, 3) * SIDE_M:
                pose = {"eye": [float(x), float(y), 15.0], "target": [x + 20.0, y + 20.0, 0.0]}
                page.evaluate("(pose) => window.__fewpoints.viewer.flyTo(pose, false)", pose)
                page.wait_for_timeout(200)
                wait_until(page, SETTLED, timeout_s=120)
                session.send("HeapProfiler.collectGarbage")
                usage = session.send("Runtime.getHeapUsage")
                heap.append(usage["usedSize"] + usage.get("backingStorageSize", 0))
                held.append(page.evaluate("window.__fewpoints.viewer.heldBytes"))
                loaded.append(page.evaluate("window.__fewpoints.pointsLoaded"))
    assert max(loaded) <= budget
    assert max(loaded) > 0.5 * budget  # It is made use of.
    # Twelve bytes per point on the card; 128 records of each tile, twelve bytes too, on this side.
    assert max(held) <= budget * 12 + tiles * 128 * 12
    # Neither points nor what they came in stay on this side: no more from place to place.
    assert max(heap) - min(heap) < budget * 12 / 2
    record(
        "viewer memory",
        {
            "points": 10_000_000,
            "budget": budget,
            "held_mb": round(max(held) / MEGABYTE, 1),
            "js_heap_mb": [round(size / MEGABYTE, 1) for size in (min(heap), max(heap))],
            **machine(),
        },
    )


def machine() -> dict[str, object]:
    return {"cores": os.cpu_count(), "machine": platform.machine(), "graphics": "software"}
