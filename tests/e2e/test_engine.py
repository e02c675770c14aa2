# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What draws the scan: records in tile order, their channel and picking, in a real browser."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from fewpoints.annotations.scans.scan import PointScan
from fewpoints.annotations.scans.tiles import Tile, decode_tile, read_manifest, read_order
from fewpoints.server.db.engine import Database
from fewpoints.server.settings import Settings
from fewpoints.server.storage import Storage
from tests.e2e.conftest import RunningServer, wait_until
from tests.server.seeding import Seeded, seed_scan, seed_superpoints

pytestmark = pytest.mark.browser
SETTLED = "window.__fewpoints?.ready === true && window.__fewpoints.settled"


def sparse_scan(points: int, *, seed: int = 0) -> PointScan:
    """Points all over a box of 8 m x 6 m x 3 m."""
    rng = np.random.default_rng(seed)
    positions = rng.uniform(0, 1, (points, 3)) * (8, 6, 3)
    return PointScan(positions=positions, colours=rng.integers(0, 256, (points, 3), np.uint8))


def open_scan(page: Page, server: RunningServer, scan: PointScan, *, tile_points: int) -> Seeded:
    """Put a scan of several tiles into the store of a running server and show it."""
    settings = Settings(home=server.home)
    database = Database(settings.resolved_database_url)
    seeded = seed_scan(database, Storage(settings), scan=scan, tile_points=tile_points)
    database.close()
    page.goto(server.sign_in_url)
    page.get_by_role("button", name="New project").first.wait_for()
    page.goto(f"{server.url}#/scans/{seeded.scan_id}")
    wait_until(page, SETTLED)
    return seeded


def test_a_channel_reaches_every_record_and_the_picture(page: Page, server: RunningServer) -> None:
    scan = sparse_scan(12_000)
    open_scan(page, server, scan, tile_points=1500)
    page.evaluate(
        """() => {
            window.asked = [];
            const answer = (shift) => ({
                fetch: async (ranges) => {
                    const bytes = [];
                    for (const { from, to } of ranges) {
                        window.asked.push([from, to]);
                        for (let r = from; r < to; r++)
                            bytes.push(r & 255, (r >> 8) & 255, shift, 255 - (r & 255));
                    }
                    return Uint8Array.from(bytes);
                },
            });
            window.first = answer(0);
            window.second = answer(200);
            window.__fewpoints.viewer.appearance.setMode("features");
            window.__fewpoints.viewer.appearance.setSource("channel", window.first);
        }"""
    )
    records = "[...Array(12000).keys()].map((k) => window.__fewpoints.viewer.channelOf(k))"
    k = np.arange(12_000)

    def expected(shift: int) -> np.ndarray:
        return np.stack([k & 255, k >> 8, np.full_like(k, shift), 255 - (k & 255)], axis=1)

    wait_until(page, SETTLED)
    assert np.array_equal(page.evaluate(records), expected(0))
    covered = np.zeros(12_000, int)
    for start, stop in page.evaluate("window.asked"):
        covered[start:stop] += 1
    assert (covered == 1).all()
    # In the picture itself: red, green and blue of a point that nothing hides are its first bytes.
    assert blue_of(page) < 20
    page.evaluate("window.__fewpoints.viewer.appearance.setSource('channel', window.second)")
    wait_until(page, SETTLED)
    assert np.array_equal(page.evaluate(records), expected(200))
    assert blue_of(page) > 150
    page.evaluate("window.__fewpoints.viewer.appearance.setSource('channel', null)")
    wait_until(page, SETTLED)
    assert page.evaluate("window.__fewpoints.viewer.channelOf(5)") is None


def blue_of(page: Page) -> float:
    """Mean of blue in the middle of the canvas, where points are."""
    shot = Image.open(io.BytesIO(page.locator("canvas.viewer-canvas").screenshot())).convert("RGB")
    pixels = np.asarray(shot)
    height, width, _ = pixels.shape
    middle = pixels[height // 2 - 60 : height // 2 + 60, width // 2 - 60 : width // 2 + 60]
    return float(np.median(middle[..., 2]))


class PickOracle:
    """Which record a click finds, worked out from positions: no picture, no graphics card.

    Every point that is held is a square sprite (a disc from 3 pixels on); a pixel shows the nearest
    one that covers its middle, and the covered pixel nearest to the cursor, within eight CSS
    pixels, decides. Where a hair's breadth decides between points there is no answer.
    """

    def __init__(self, page: Page, positions: np.ndarray, tiles: list[Tile]) -> None:
        state = page.evaluate(
            """() => {
                const { viewer } = window.__fewpoints;
                const { layer, renderer, rig } = viewer;
                const { width, height } = document.querySelector("canvas.viewer-canvas");
                return {
                    pose: viewer.pose, size: [width, height], ratio: renderer.getPixelRatio(),
                    spacing: layer.spacing, near: rig.camera.near, far: rig.camera.far,
                    held: layer.manifest.tiles.map((_, i) => layer.loadedOf(i)),
                    spacings: layer.layers.map((tile) => tile.spacing),
                };
            }"""
        )
        self.ratio = float(state["ratio"])
        held = [np.arange(t.base, t.base + n) for t, n in zip(tiles, state["held"], strict=True)]
        relative = np.clip(np.array(state["spacings"]) / state["spacing"], 0.5, 4)
        coverage = [
            np.full(n, factor * min(16.0, np.sqrt(t.count / max(1, n))))
            for t, n, factor in zip(tiles, state["held"], relative, strict=True)
        ]
        records = np.concatenate(held)
        eye, target = np.array(state["pose"]["eye"]), np.array(state["pose"]["target"])
        back = (eye - target) / np.linalg.norm(eye - target)
        right = np.cross([0, 0, 1], back)
        right /= np.linalg.norm(right)
        view = (positions[records] - eye) @ np.stack([right, np.cross(back, right), back], axis=1)
        width, height = state["size"]
        pixels_per_unit = height / (2 * np.tan(np.radians(30)))
        inside = (-view[:, 2] > state["near"]) & (-view[:, 2] < state["far"])
        view, self.records = view[inside], records[inside]
        self.depth = -view[:, 2]
        self.x = width / 2 + view[:, 0] / self.depth * pixels_per_unit
        self.y = height / 2 + view[:, 1] / self.depth * pixels_per_unit  # Upwards, as WebGL counts.
        self.height = height
        diameter = 1.7 * state["spacing"] * np.concatenate(coverage)[inside]
        self.size = np.clip(
            diameter * pixels_per_unit / self.depth, 1.1 * self.ratio, 40 * self.ratio
        )

    def find(self, x: float, y: float) -> int | None:
        """The record at CSS pixels from the top left, -1 where there is none; None if unclear."""
        half = round(8 * self.ratio)
        column = int(np.floor(x * self.ratio))
        row = self.height - 1 - int(np.floor(y * self.ratio))
        reach = half + 1 + self.size / 2
        near = (abs(self.x - column - 0.5) < reach) & (abs(self.y - row - 0.5) < reach)
        px, py, size = self.x[near], self.y[near], self.size[near]
        depth, records = self.depth[near], self.records[near]
        offsets = np.arange(-half, half + 1)
        u, v = (grid.ravel() for grid in np.meshgrid(offsets, offsets))
        distance = u**2 + v**2
        found = set()
        for slack in (-0.02, 0.0, 0.02):  # Pixels by which a sprite may be drawn otherwise.
            dx = abs(px[:, None] - (column + u + 0.5))
            dy = abs(py[:, None] - (row + v + 0.5))
            edge = (size / 2 + slack)[:, None]
            square = (dx < edge) & (dy < edge)
            covers = np.where(size[:, None] > 3, square & (dx**2 + dy**2 < edge**2), square)
            hit = covers.any(axis=0)
            if not hit.any():
                found.add(-1)
                continue
            decisive = np.flatnonzero(hit & (distance == distance[hit].min()))
            for pixel in decisive:  # Two pixels may be equally near; either is right.
                over = np.flatnonzero(covers[:, pixel])
                order = over[np.argsort(depth[over])]
                found.add(int(records[order[0]]))
                if len(order) > 1 and depth[order[1]] - depth[order[0]] < 1e-4 * depth[order[0]]:
                    found.add(int(records[order[1]]))
        return found.pop() if len(found) == 1 else None


POSES = [
    ([14.0, -6.0, 7.0], [4.0, 3.0, 1.0]),
    ([4.0, 3.0, 1.5], [8.0, 5.0, 1.0]),
    ([1.0, 0.5, 2.5], [0.2, 5.0, 0.5]),
    ([7.5, 5.5, 0.6], [3.0, 0.5, 1.8]),
    ([-9.0, 12.0, 9.0], [4.0, 3.0, 1.0]),
]


def look_from(page: Page, pose: tuple[list[float], list[float]]) -> None:
    page.evaluate(
        "([eye, target]) => window.__fewpoints.viewer.flyTo({ eye, target }, false)", list(pose)
    )
    page.wait_for_timeout(150)  # Until the tiles for it have been chosen.
    wait_until(page, SETTLED)


def set_budget(page: Page, points: int) -> None:
    page.evaluate(f"window.__fewpoints.viewer.setPointBudget({points})")
    wait_until(page, SETTLED)


def test_picking_finds_the_exact_record_whatever_was_loaded_and_let_go(
    page: Page, server: RunningServer
) -> None:
    scan = sparse_scan(60_000)
    seeded = open_scan(page, server, scan, tile_points=2000)
    folder = Storage(Settings(home=server.home)).scan_data(seeded.scan_id)
    tiles, order = read_manifest(folder).tiles, read_order(folder)
    raw = (folder / "tiles.bin").read_bytes()
    decoded = [decode_tile(raw[12 * t.base : 12 * (t.base + t.count)], t)[0] for t in tiles]
    positions = np.concatenate(decoded)
    box = page.locator("canvas.viewer-canvas").bounding_box()
    assert box is not None
    rng = np.random.default_rng(1)
    asked = nothing = unclear = 0
    for turn, pose in enumerate(POSES * 2):
        if turn == len(POSES):  # Another time as on a fine screen.
            page.evaluate("viewer = window.__fewpoints.viewer, viewer.renderer.setPixelRatio(2)")
            page.evaluate("viewer.appearance.setPointSize(1), viewer.resize()")
        set_budget(page, 15_000)
        look_from(page, pose)
        assert 0 < page.evaluate("window.__fewpoints.pointsLoaded") <= 15_000
        oracle = PickOracle(page, positions, tiles)
        clicks = rng.uniform(10, [box["width"] - 10, box["height"] - 10], (40, 2)).tolist()
        picks = page.evaluate(
            "(clicks) => clicks.map(([x, y]) => window.__fewpoints.pick(x, y))", clicks
        )
        for (x, y), pick in zip(clicks, picks, strict=True):
            expected = oracle.find(x, y)
            if expected is None:
                unclear += 1
                continue
            asked += 1
            nothing += expected == -1
            assert (pick["record"] if pick else -1) == expected, (turn, x, y)
            if pick:
                row = scan.positions[order[expected]]
                np.testing.assert_allclose(pick["position"], row, atol=2e-4)
    assert asked > 300, (asked, unclear)
    assert nothing < asked / 2


def test_what_is_held_follows_the_budget_wherever_one_flies(
    page: Page, server: RunningServer
) -> None:
    """10,000,000 points in some 300 tiles, of which 60,000 may be held."""
    points, tile_points, budget = 10_000_000, 32_768, 60_000
    rng = np.random.default_rng(3)
    positions = rng.uniform(0, 1, (points, 3)) * (60, 40, 0.3)
    scan = PointScan(positions=positions, colours=np.full((points, 3), 120, np.uint8))
    seeded = open_scan(page, server, scan, tile_points=tile_points)
    folder = Storage(Settings(home=server.home)).scan_data(seeded.scan_id)
    tiles = read_manifest(folder).tiles
    page.evaluate(
        """() => {
            const { viewer } = window.__fewpoints;
            viewer.appearance.setMode("features");
            const records = (ranges) => ranges.reduce((sum, { from, to }) => sum + to - from, 0);
            viewer.appearance.setSource("channel", {
                fetch: async (ranges) => new Uint8Array(records(ranges) * 4),
            });
        }"""
    )
    set_budget(page, budget)
    tile_of = "window.__fewpoints.viewer.layer.manifest.tiles.map((_, i) => [i, {}(i)])"
    loaded_of = tile_of.format("window.__fewpoints.viewer.layer.loadedOf")
    root = min(n for _, n in page.evaluate(loaded_of))
    detailed: set[int] = set()
    # Twelve bytes of a point and four of its channel; a sample of each tile on this side.
    most = budget * (12 + 4) + len(tiles) * 128 * 12
    for x in (6, 18, 30, 42, 54):
        for y in (5, 15, 25, 35):
            look_from(page, ([x, y, 9.0], [x + 0.01, y + 0.01, 0.0]))
            loaded = page.evaluate(loaded_of)
            detailed |= {i for i, n in loaded if n > root}
            total = sum(n for _, n in loaded)
            assert 0.5 * budget < total <= budget
            assert total * 16 <= page.evaluate("window.__fewpoints.viewer.heldBytes") <= most
    assert detailed == set(range(len(tiles)))


def test_labels_are_fetched_and_held_for_the_points_that_are_held(
    page: Page, server: RunningServer
) -> None:
    """300,000 points of which 30,000 may be held: an answer changes them all, few are sent."""
    points, budget = 300_000, 30_000
    rng = np.random.default_rng(4)
    positions = rng.uniform(0, 1, (points, 3)) * (30, 20, 0.3)
    scan = PointScan(positions=positions, colours=np.full((points, 3), 120, np.uint8))
    seeded = open_scan(page, server, scan, tile_points=1024)
    set_budget(page, budget)
    settings = Settings(home=server.home)
    storage = Storage(settings)
    cells = positions[:, :2].astype(np.int32)
    middles = np.array([(x + 0.5, y + 0.5, 0.0) for x in range(30) for y in range(20)])
    database = Database(settings.resolved_database_url)
    seed_superpoints(database, storage, seeded, cells[:, 0] * 20 + cells[:, 1], middles)
    database.close()
    sent: list[int] = []
    page.on(
        "response",
        lambda response: (
            sent.append(int(response.headers.get("content-length", 0)))
            if "/dense.bin" in response.url
            else None
        ),
    )
    tiles = read_manifest(storage.scan_data(seeded.scan_id)).tiles
    for key in ("5", "Shift+Digit5"):
        sent.clear()
        with page.expect_response(lambda r: "/dense.bin" in r.url and r.status == 200):
            page.keyboard.press(key)
        wait_until(page, SETTLED)
    # All queries are seen from one place, so nothing but labels came after the second answer: those
    # of every record that is held, once.
    total = page.evaluate("window.__fewpoints.pointsLoaded")
    assert 0.3 * budget < total <= budget
    assert sum(sent) == 2 * total
    # All others are fetched when they come, and each has its own.
    whole = np.array(
        page.evaluate(
            f"fetch('{server.url}api/v1/scans/{seeded.scan_id}/dense.bin')"
            ".then((r) => r.arrayBuffer()).then((b) => [...new Uint8Array(b)])"
        )
    ).reshape(-1, 2)
    assert len(np.unique(whole[:, 0])) == 2
    for x, y in ((5, 5), (25, 15)):
        look_from(page, ([x, y, 4.0], [x + 0.01, y + 0.01, 0.0]))
        loaded = page.evaluate(
            "(({ layer }) => layer.manifest.tiles.map((_, i) => layer.loadedOf(i)))"
            "(window.__fewpoints.viewer)"
        )
        held = np.concatenate([t.base + np.arange(n) for t, n in zip(tiles, loaded, strict=True)])
        some = rng.choice(held, 1500, replace=False)
        found = page.evaluate(
            "(rs) => rs.map((r) => window.__fewpoints.recordLabel(r))", some.tolist()
        )
        np.testing.assert_array_equal(found, whole[some])
        assert page.evaluate("window.__fewpoints.viewer.heldBytes") <= (
            budget * (12 + 2) + len(tiles) * 128 * 12
        )


def test_nothing_is_drawn_when_nothing_moves(page: Page, server: RunningServer) -> None:
    open_scan(page, server, sparse_scan(5000), tile_points=2000)
    look_from(page, POSES[0])
    before = page.evaluate("window.__fewpoints.frames")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.__fewpoints.frames") == before


def test_a_lost_graphics_card_comes_back_with_the_points(page: Page, server: RunningServer) -> None:
    open_scan(page, server, sparse_scan(5000), tile_points=2000)
    look_from(page, POSES[1])
    before = page.evaluate("window.__fewpoints.pick(400, 300)")
    page.evaluate(
        """() => {
            const gl = document.querySelector("canvas.viewer-canvas").getContext("webgl2");
            window.card = gl.getExtension("WEBGL_lose_context");
            window.card.loseContext();
        }"""
    )
    page.wait_for_timeout(200)
    page.evaluate("window.card.restoreContext()")
    wait_until(page, f"{SETTLED} && window.__fewpoints.pointsLoaded === 5000")
    assert page.evaluate("window.__fewpoints.pick(400, 300)") == before
