# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints serve` and `fewpoints quickstart`."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from sqlalchemy import func, select

from fewpoints.annotations.progress import Progress, no_progress, part_of
from fewpoints.server.commands.terminal import BadArgument, note, progress_bar
from fewpoints.server.settings import Settings

if TYPE_CHECKING:
    from fewpoints.annotations.datasets.simulator.scene import SimulatedScene

DEMO_NAME = "Demo room"
DEMO_FILE = "demo-room.ply"
# A living room with 13 of the 20 classes, seen well; chosen by looking at many.
DEMO_SEED = 18

HostOption = Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")]
PortOption = Annotated[int | None, typer.Option(help="Port; 0 takes any free one.")]
HomeOption = Annotated[Path | None, typer.Option(help="Data folder. Default: FEWPOINTS_HOME.")]
OpenOption = Annotated[bool, typer.Option("--open", help="Open the browser too.")]


def serve(
    host: HostOption = None,
    port: PortOption = None,
    home: HomeOption = None,
    open_browser: OpenOption = False,
) -> None:
    """Serve the app and run its jobs until interrupted; print a one-time sign-in link."""
    from fewpoints.server.serve import Serving
    from fewpoints.server.serve import serve as run

    settings = make_settings(host=host, port=port, home=home)

    def ready(serving: Serving) -> None:
        print("fewpoints is ready. Open this link, which signs you in once:")
        print(f"\n    {serving.sign_in_url}\n", flush=True)
        note(f"Data: {settings.home}. Stop with Ctrl+C.")
        if open_browser:
            webbrowser.open(serving.sign_in_url)

    run(settings, on_ready=ready)


def quickstart(
    host: HostOption = None,
    port: PortOption = None,
    home: HomeOption = None,
    open_browser: OpenOption = False,
    seed: Annotated[int, typer.Option(help="Another seed, another room.")] = DEMO_SEED,
) -> None:
    """A demo project with a generated room and 20 chosen points, then serve."""
    settings = make_settings(host=host, port=port, home=home)
    with progress_bar("Preparing the demo room") as progress:
        prepare_demo(settings, seed=seed, progress=progress)
    serve(host=host, port=port, home=home, open_browser=open_browser)


def make_settings(*, host: str | None, port: int | None, home: Path | None) -> Settings:
    """The settings from the environment, with what the command line names on top."""
    named: dict[str, Any] = {"host": host, "port": port, "home": home}  # Checked by Settings.
    try:
        return Settings(**{name: value for name, value in named.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadArgument(
            f"The setting {name} (option or FEWPOINTS_{name.upper()}) is {first['input']!r}: "
            f"{first['msg']}."
        ) from None


def demo_room(seed: int = DEMO_SEED, *, progress: Progress = no_progress) -> SimulatedScene:
    """Record the demo's room: what a short walk with a depth camera gets of it."""
    from fewpoints.annotations.datasets.simulator.ray_casting import HAS_EMBREE
    from fewpoints.annotations.datasets.simulator.scene import simulate_scene

    # Without Embree the walk would take many minutes; a shorter one shows less of the room.
    frames, size = (50, (320, 240)) if HAS_EMBREE else (24, (160, 120))
    return simulate_scene(seed, rooms=["living room"], frames=frames, size=size, progress=progress)


def prepare_demo(settings: Settings, *, seed: int, progress: Progress) -> None:
    """Make the demo project once: room, features, 20 points. A second call finds it there."""
    from fewpoints.annotations.scans.writers import write_ply
    from fewpoints.server.commands.store import (
        JobFailed,
        add_file,
        find_or_create_project,
        open_store,
    )
    from fewpoints.server.projects.schemas import ProjectCreate
    from fewpoints.server.scans.tables import Scan

    body = ProjectCreate(
        name=DEMO_NAME,
        description="A generated room to try everything on. Delete it when you like.",
        preset="scannet20",
        budget=20,
    )
    with open_store(settings) as store:
        project_id = find_or_create_project(store, DEMO_NAME, body)
        with store.database.read() as session:
            wanted = select(func.count()).select_from(Scan).where(Scan.project_id == project_id)
            if session.scalar(wanted):
                return
        room = demo_room(seed, progress=part_of(progress, 0.0, 0.3))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / DEMO_FILE
            write_ply(path, room.scan, extra={"label": room.classes, "instance": room.instances})
            scan_id = add_file(store, project_id, path)
        if problems := store.wait_for_scans([scan_id], part_of(progress, 0.3, 1.0)):
            raise JobFailed(problems[0])
