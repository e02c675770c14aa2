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
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from fewpoints.annotations.arrays import FloatArray64
from fewpoints.annotations.scans.scan import PointScan
from fewpoints.server.db.engine import Database
from fewpoints.server.storage import Storage
from tests.benchmarks.record import record
from tests.benchmarks.viewer.landscape import SIDE_M, landscape
from tests.e2e import chromium
from tests.e2e.conftest import wait_until
from tests.server.processes import ServerProcess
from tests.server.seeding import seed_scan, seed_superpoints

pytestmark = [pytest.mark.benchmark, pytest.mark.browser]
SETTLED = "window.__fewpoints?.ready === true && window.__fewpoints.settled"
MEGABYTE = 2**20


@contextmanager
def shown(tmp_path: Path, scan: PointScan, *, superpoint_m: float | None = None) -> Iterator[Page]:
    """The label page with a scan in it, ready for labels where it has superpoints of a size."""
    with ServerProcess(tmp_path) as server, sync_playwright() as playwright:
        database = Database(server.settings.resolved_database_url)
        storage = Storage(server.settings)
        seeded = seed_scan(database, storage, scan=scan, queries=10 if superpoint_m else 0)
        if superpoint_m:
            seed_superpoints(database, storage, seeded, *squares(scan, superpoint_m))
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


def squares(scan: PointScan, side_m: float) -> tuple[NDArray[np.int32], FloatArray64]:
    """(N,) which square of the ground each point is over, and (S, 3) the squares' middles."""
    corners, of_point = np.unique(
        np.floor(scan.positions[:, :2] / side_m), axis=0, return_inverse=True
    )
    middles = np.column_stack([(corners + 0.5) * side_m, np.zeros(len(corners))])
    return of_point.reshape(-1).astype(np.int32), middles


# Milliseconds of script of a change and of the frames that follow it, apart from waiting for them.
RECOLOUR = """
    async (repeats) => {
        const { viewer } = window.__fewpoints;
        const { drawing, appearance, layer } = viewer;
        const records = viewer.loadedPoints;
        const settled = async () => {
            do await new Promise((resolve) => setTimeout(resolve, 60));
            while (!window.__fewpoints.settled);
        };
        let spent = 0;
        const frame = drawing.frame;
        drawing.frame = (now) => {
            const start = performance.now();
            frame(now);
            spent = Math.max(spent, performance.now() - start);
        };
        const fill = layer.fill;
        let filled = 0; // All arrivals together.
        layer.fill = (...args) => {
            const start = performance.now();
            fill.apply(layer, args);
            filled += performance.now() - start;
        };
        const source = (bytes, value) => ({
            fetch: async (ranges) => new Uint8Array(
                bytes * ranges.reduce((sum, { from, to }) => sum + to - from, 0)).fill(value),
        });
        const changes = {
            labels: (k) => appearance.setSource("label", source(2, 90 + k)),
            mode: (k) => appearance.setMode(k % 2 ? "rgb" : "height"),
            channel: (k) => appearance.setSource("channel", source(4, 90 + k)),
        };
        const found = {};
        for (const [name, change] of Object.entries(changes)) {
            appearance.setMode(name === "channel" ? "features" : "labels");
            await settled();
            found[name] = [];
            found[`${name} frame`] = [];
            for (let k = 0; k < repeats; k++) {
                spent = 0;
                filled = 0;
                const start = performance.now();
                change(k);
                found[name].push(performance.now() - start);
                await settled();
                found[`${name} frame`].push(spent);
                found[name][k] += filled;
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


# What an answer costs until its labels are drawn: milliseconds from the key, bytes of labels.
ANSWERED = """
    async (start) => {
        const entries = () => performance.getEntriesByType("resource")
            .filter((entry) => entry.name.includes("/dense.bin") && entry.startTime > start);
        do await new Promise((resolve) => setTimeout(resolve, 10));
        while (!entries().some((entry) => entry.decodedBodySize > 0)
            || !window.__fewpoints.settled);
        const bytes = entries().reduce((sum, entry) => sum + entry.decodedBodySize, 0);
        return { ms: performance.now() - start, bytes };
    }
"""


def test_labels_after_an_answer_in_a_large_scan(tmp_path: Path) -> None:
    budget = 500_000
    scan = landscape(2_500_000)
    with shown(tmp_path, scan, superpoint_m=8.0) as page:
        page.evaluate(f"window.__fewpoints.viewer.setPointBudget({budget})")
        wait_until(page, SETTLED, timeout_s=120)
        ms, sent = [], []
        for turn in range(7):
            start = page.evaluate("performance.now()")
            page.keyboard.press("5" if turn % 2 else "Shift+Digit5")
            found = page.evaluate(ANSWERED, start)
            ms.append(found["ms"])
            sent.append(found["bytes"])
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        usage = session.send("Runtime.getHeapUsage")
        loaded = page.evaluate("window.__fewpoints.pointsLoaded")
    record(
        "viewer labels after an answer",
        {
            "points": len(scan),
            "budget": budget,
            "loaded": loaded,
            "ms": round(statistics.median(ms[1:])),  # The first one flies there.
            "sent_mb": round(statistics.median(sent[1:]) / MEGABYTE, 2),
            "js_heap_mb": round(
                (usage["usedSize"] + usage.get("backingStorageSize", 0)) / MEGABYTE, 1
            ),
            **machine(),
        },
    )
    assert max(sent[1:]) <= 2 * budget


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
