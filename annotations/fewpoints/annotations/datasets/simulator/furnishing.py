# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""What belongs into which kind of room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fewpoints.annotations.datasets.simulator import bathroom, fixtures, seats, small, storage
from fewpoints.annotations.datasets.simulator import tables as tables_
from fewpoints.annotations.datasets.simulator.floor_plan import WALL_M, Opening, Room
from fewpoints.annotations.datasets.simulator.meshes import Thing, Top
from fewpoints.annotations.datasets.simulator.placement import Furnishing, Placed, put

_DINING = (seats.wooden_chair, seats.wooden_chair, seats.shell_chair, seats.stool)
_WORK = (seats.office_chair, seats.office_chair, seats.wooden_chair, seats.shell_chair)


def furnish(room: Room, rng: np.random.Generator, *, daylight: float) -> list[Placed]:
    """Everything in one room but walls, floor and ceiling."""
    into = Furnishing(room, rng)
    _fixtures(into, daylight)
    makers: dict[str, Callable[[Furnishing], None]] = {
        "living room": _living_room,
        "bedroom": _bedroom,
        "office": _office,
        "kitchen": _kitchen,
        "bathroom": _bathroom,
    }
    makers[room.kind](into)
    for _ in range(int(rng.integers(1, 5))):
        _hang(into, fixtures.picture(rng))
    lamp = small.ceiling_lamp(rng)
    spot = room.centre + rng.uniform(-0.3, 0.3, 2)
    lamp_at = put(lamp, 0.0, np.array([*spot, room.height - 0.003]))
    if into.fits(lamp_at):
        into.keep(lamp_at)
    return into.placed


def _fixtures(into: Furnishing, daylight: float) -> None:
    room, rng = into.room, into.rng
    for hole in room.openings:
        yaw, at = room.on_wall(hole.side, hole.along)
        _keep_opening_clear(into, hole)
        reach = 0.9 if hole.kind != "window" else 0.0
        if hole.kind != "window":
            a = room.on_wall(hole.side, hole.along - hole.width / 2 - 0.05, 0.125)[1][:2]
            b = room.on_wall(hole.side, hole.along + hole.width / 2 + 0.05, reach)[1][:2]
            into.keep_clear(np.array([np.minimum(a, b), np.maximum(a, b)]))
        if hole.kind in ("door", "open door"):
            leaf = hole.kind == "open door"
            thing = fixtures.door(rng, hole.width, hole.z1, WALL_M, open_=leaf)
            into.placed.append(put(thing, yaw, at))
            into.taken.append(into.placed[-1].rects)
        elif hole.kind == "window":
            thing = fixtures.window(rng, hole.width, hole.z0, hole.z1, WALL_M, daylight)
            into.keep(put(thing, yaw, at))
            if room.kind != "bathroom" and rng.random() < 0.7:
                top = min(hole.z1 + rng.uniform(0.08, 0.15), room.height - 0.05)
                for cloth in fixtures.curtain(rng, hole.width, top, hole.z0):
                    item = put(cloth, yaw, at)
                    if into.fits(item):
                        into.keep(item)
            elif rng.random() < 0.5 and hole.z0 > 0.72:
                heater = small.radiator(rng)
                item = put(heater, yaw, room.on_wall(hole.side, hole.along, 0.005)[1])
                if into.fits(item):
                    into.keep(item)


def _keep_opening_clear(into: Furnishing, hole: Opening) -> None:
    """Let nothing hang or stand right in front of a door or a window pane."""
    a = into.room.on_wall(hole.side, hole.along - hole.width / 2, -WALL_M)[1][:2]
    b = into.room.on_wall(hole.side, hole.along + hole.width / 2, 0.125)[1][:2]
    corners = np.array([np.minimum(a, b), np.maximum(a, b)])
    into.keep_clear(corners, low=hole.z0 + 0.02, high=hole.z1 - 0.02)


def _pick(rng: np.random.Generator, makers: tuple[Callable[..., Thing], ...]) -> Thing:
    return makers[int(rng.integers(len(makers)))](rng)


def _maybe(into: Furnishing, chance: float, thing: Thing, **where: float | bool) -> Placed | None:
    """Put it at a wall with this chance."""
    if into.rng.random() >= chance:
        return None
    return into.at_wall(thing, corner=bool(where.get("corner", False)))


def _hang(into: Furnishing, thing: Thing) -> None:
    """Put a picture at eye height on a free piece of wall."""
    low, high = thing.bounds()
    lift = into.rng.uniform(1.35, 1.65) - (high[2] - low[2]) / 2
    into.at_wall(thing, lift=float(lift), gap=0.001, tries=25)


def _clutter(into: Furnishing, host: Placed | None, most: int) -> None:
    """Small things without a class on the tops of the host."""
    if host is None:
        return
    for top in host.thing.tops:
        for _ in range(int(into.rng.integers(0, most + 1))):
            into.on_top(_pick(into.rng, small.CLUTTER), host, top)


def _seat_round(into: Furnishing, host: Placed, most: int) -> None:
    """Chairs of one family around a table, some pulled out or turned."""
    rng = into.rng
    low, high = host.thing.bounds()
    family, seed = _DINING[int(rng.integers(len(_DINING)))], int(rng.integers(1 << 30))
    reach = rng.uniform(0.05, 0.3)
    spots = []
    w = high[0] - low[0]
    per_side = max(int(w / 0.62), 1)
    for k in range(per_side):
        x = low[0] + (k + 0.5) * w / per_side
        spots += [(x, low[1] - reach, 0.0), (x, high[1] + reach, np.pi)]
    spots += [(low[0] - reach, (low[1] + high[1]) / 2, -np.pi / 2)]
    spots += [(high[0] + reach, (low[1] + high[1]) / 2, np.pi / 2)]
    for i in rng.permutation(len(spots))[:most]:
        x, y, facing = spots[int(i)]
        # The same seed again: a set of equal chairs.
        into.beside(family(np.random.default_rng(seed)), host, x, y, facing, wobble=0.25)


def _workplace(into: Furnishing, host: Placed | None) -> None:
    """Screen, lamp and chair of a desk."""
    if host is None:
        return
    rng, top = into.rng, host.thing.tops[0]
    for _ in range(int(rng.integers(0, 3))):
        into.on_top(small.monitor(rng), host, top, back=True)
    if rng.random() < 0.4:
        into.on_top(small.table_lamp(rng), host, top, back=True)
    if rng.random() < 0.7:
        into.on_top(small.keyboard(rng), host, top)
    _clutter(into, host, 4)
    high = host.thing.bounds()[1]
    chair = _pick(rng, _WORK)
    into.beside(chair, host, rng.uniform(-0.2, 0.2), high[1] + 0.15, np.pi, wobble=0.7)


def _odds_and_ends(into: Furnishing, most: int) -> None:
    """Bins, plants, boxes, lamps, a coat rack."""
    rng = into.rng
    makers = (small.bin_, small.plant, small.carton, small.floor_lamp, small.coat_rack,
              small.carton)  # fmt: skip
    for _ in range(int(rng.integers(2, most + 2))):
        thing = _pick(rng, makers)
        if rng.random() < 0.75:
            into.at_wall(thing, corner=rng.random() < 0.4, tries=15)
        else:
            into.free_standing(thing, tries=10, turn=0.6)


def _living_room(into: Furnishing) -> None:
    rng = into.rng
    couch = into.at_wall(seats.corner_sofa(rng) if rng.random() < 0.35 else seats.sofa(rng))
    if couch is None:
        couch = into.free_standing(seats.sofa(rng))
    if couch is not None:
        for top in couch.thing.tops:
            for _ in range(int(rng.integers(0, 3))):
                into.on_top(small.pillow(rng), couch, top)
        low = tables_.coffee_table(rng)
        reach = couch.thing.bounds()[1][1]
        x = -0.2 if couch.thing.bounds()[1][1] > 1.2 else 0.0
        table = into.beside(low, couch, x, reach * 0.75 + 0.75, np.pi)
        _clutter(into, table, 4)
        for _ in range(int(rng.integers(0, 3))):
            facing = float(rng.choice([np.pi / 2, -np.pi / 2, np.pi]))
            out = 1.6 if facing == np.pi else 1.0
            x = 0.0 if facing == np.pi else 1.75 * float(np.sign(facing))
            chair = seats.armchair(rng)
            if into.beside(chair, couch, x, reach + out * 0.5, facing, wobble=0.4) is None:
                into.at_wall(chair)
    side = into.at_wall(storage.cabinet(rng, kind="sideboard"))
    if side is not None and rng.random() < 0.7:
        into.on_top(small.television(rng), side, side.thing.tops[0], back=True)
    _clutter(into, side, 3)
    for _ in range(int(rng.integers(1, 4))):
        _clutter(into, into.at_wall(storage.bookshelf(rng)), 2)
    if rng.random() < 0.75:
        thing = tables_.table(rng) if rng.random() < 0.6 else tables_.round_table(rng)
        dining = into.free_standing(thing)
        if dining is not None:
            _clutter(into, dining, 4)
            _seat_round(into, dining, int(rng.integers(2, 7)))
    _clutter(into, _maybe(into, 0.4, storage.cabinet(rng)), 2)
    if rng.random() < 0.25:
        _workplace(into, into.at_wall(tables_.desk(rng)))
    _odds_and_ends(into, 5)


def _bedroom(into: Furnishing) -> None:
    rng = into.rng
    sleeper = into.at_wall(seats.bed(rng)) or into.at_wall(seats.bed(rng))
    if sleeper is not None:
        low, high = sleeper.thing.bounds()
        if rng.random() < 0.6:
            into.on_top(small.pillow(rng), sleeper, Top(low[0], high[0], 1.0, 1.8, high[2]))
        for side in (-1, 1):
            if rng.random() < 0.7:
                stand = storage.cabinet(rng, kind="nightstand")
                beside = into.beside(stand, sleeper, side * (high[0] + 0.28), 0.24, 0.0)
                if beside is not None and rng.random() < 0.6:
                    into.on_top(small.table_lamp(rng), beside, beside.thing.tops[0])
                _clutter(into, beside, 2)
    into.at_wall(storage.cabinet(rng, kind="wardrobe"))
    _maybe(into, 0.5, storage.cabinet(rng))
    _clutter(into, _maybe(into, 0.6, storage.cabinet(rng, kind="chest")), 4)
    if rng.random() < 0.5:
        _workplace(into, into.at_wall(tables_.desk(rng)))
    _clutter(into, _maybe(into, 0.5, storage.bookshelf(rng)), 2)
    if rng.random() < 0.5:
        into.at_wall(_pick(rng, (seats.armchair, seats.wooden_chair, seats.stool)))
    _odds_and_ends(into, 4)


def _office(into: Furnishing) -> None:
    rng = into.rng
    for _ in range(int(rng.integers(1, 5))):
        thing = tables_.desk(rng)
        if rng.random() < 0.7:
            _workplace(into, into.at_wall(thing))
        else:
            _workplace(into, into.free_standing(thing))
    for _ in range(int(rng.integers(1, 3))):
        _clutter(into, into.at_wall(storage.bookshelf(rng)), 2)
    for _ in range(int(rng.integers(1, 4))):
        _clutter(into, into.at_wall(storage.cabinet(rng)), 3)
    if rng.random() < 0.5:
        meeting = into.free_standing(tables_.table(rng))
        if meeting is not None:
            _clutter(into, meeting, 3)
            _seat_round(into, meeting, int(rng.integers(2, 7)))
    if rng.random() < 0.3:
        into.at_wall(seats.sofa(rng))
    _odds_and_ends(into, 5)


def _kitchen(into: Furnishing) -> None:
    rng, room = into.rng, into.room
    for side in rng.permutation(4).tolist():
        width = min(float(rng.uniform(1.6, 3.2)), room.length(side) - 0.4)
        thing, sink = storage.counter(rng, width)
        line = into.at_wall(thing, side=side, gap=0.01)
        if line is not None:
            into.keep(put(sink, line.yaw, line.at))
            _clutter(into, line, 4)
            cupboard = storage.cabinet(rng, kind="wall")
            into.at_wall(cupboard, side=side, gap=0.004)
            break
    into.at_wall(storage.refrigerator(rng), corner=True) or into.at_wall(storage.refrigerator(rng))
    if rng.random() < 0.5:
        second, basin = storage.counter(rng, float(rng.uniform(1.2, 1.8)))
        line = into.at_wall(second, gap=0.01)
        if line is not None:
            into.keep(put(basin, line.yaw, line.at))
            _clutter(into, line, 3)
    dining = into.free_standing(
        tables_.table(rng) if rng.random() < 0.6 else tables_.round_table(rng)
    )
    if dining is not None:
        _clutter(into, dining, 5)
        _seat_round(into, dining, int(rng.integers(2, 6)))
    _clutter(into, _maybe(into, 0.6, storage.cabinet(rng)), 3)
    _odds_and_ends(into, 3)


def _bathroom(into: Furnishing) -> None:
    rng = into.rng
    tub = into.at_wall(bathroom.bathtub(rng), corner=True, gap=0.01, tries=80)
    if tub is not None and rng.random() < 0.8:
        low, high = tub.thing.bounds()
        z0 = max(high[2] + 0.01, 0.0) if rng.random() < 0.5 else 0.12
        y = high[1] + 0.035 if z0 < 0.2 else high[1] - 0.04
        cloth = fixtures.shower_curtain(rng, float(high[0] - low[0]), float(z0), float(y))
        item = put(cloth, tub.yaw, tub.at)
        if into.fits(item):
            into.keep(item)
    elif tub is None:
        # A corner shower without a tub.
        cloth = fixtures.shower_curtain(rng, float(rng.uniform(0.8, 1.1)), 0.12, 0.85)
        into.at_wall(cloth, corner=True)
    sink, vanity = bathroom.wash_basin(rng)
    if vanity is None:
        into.at_wall(sink, gap=0.002)
    else:
        base = into.at_wall(vanity, gap=0.005)
        if base is not None:
            into.keep(put(sink, base.yaw, base.at))
            _clutter(into, base, 3)
    into.at_wall(bathroom.toilet(rng), gap=0.002, tries=80)
    _maybe(into, 0.5, storage.cabinet(rng, kind=str(rng.choice(["nightstand", "wall", "chest"]))))
    _odds_and_ends(into, 2)
