# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints project export` and `fewpoints project import`: a whole project as one file."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from fewpoints.server.commands.scans import JsonOption
from fewpoints.server.commands.serving import HomeOption, make_settings
from fewpoints.server.commands.terminal import (
    BadArgument,
    existing_file,
    note,
    print_json,
    progress_bar,
)

app = typer.Typer(
    name="project",
    help="Move a whole project from one installation to another.",
    no_args_is_help=True,
)


@app.command("export")
def export_project(
    project: Annotated[str, typer.Argument(help="Name or id of the project.")],
    out: Annotated[Path, typer.Option(help="File to write, such as office.fewpoints.zip.")],
    without_derived: Annotated[
        bool,
        typer.Option(
            "--without-derived",
            help="Leave out what can be made again: superpoints, colours of the view, figures.",
        ),
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a project to one file: scans, classes, answers, reviews, checkpoints, predictions."""
    from fewpoints.server.commands.store import open_store, require_project
    from fewpoints.server.project_archives.packing import pack_project
    from fewpoints.server.storage import readable_bytes

    if not out.absolute().parent.is_dir():
        raise BadArgument(f"--out {out}: the folder {out.absolute().parent} does not exist.")
    settings = make_settings(host=None, port=None, home=home)
    with (
        open_store(settings) as store,
        progress_bar(f"Packing {project}") as progress,
        store.storage.work_folder(f"archive-{uuid.uuid4().hex}") as work,
    ):
        with store.database.read() as session:
            project_id = require_project(session, project).id
        packed = pack_project(
            store.database,
            store.storage,
            project_id,
            out,
            work=work,
            derived=not without_derived,
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "file": str(out),
                "bytes": packed.bytes,
                "sha256": packed.sha256,
                "snapshot": packed.snapshot,
            }
        )
    else:
        note(f"{out}: {packed.name}, {readable_bytes(packed.bytes)}")


@app.command("import")
def import_project(
    file: Annotated[Path, typer.Argument(help="What `fewpoints project export` wrote.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the project here; the one it had by default.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the project in a file to this installation; it is added whole or not at all."""
    from pydantic import TypeAdapter, ValidationError

    from fewpoints.server.commands.store import open_store
    from fewpoints.server.project_archives.restoring import restore_project
    from fewpoints.server.schemas import Name
    from fewpoints.server.serve import owner_name
    from fewpoints.server.users.service import ensure_owner

    path = existing_file(file)
    if name is not None:
        try:
            name = TypeAdapter[str](Name).validate_python(name)
        except ValidationError:
            raise BadArgument(
                f"--name {name[:80]}: use 1 to 200 characters that can be seen."
            ) from None
    settings = make_settings(host=None, port=None, home=home)
    with (
        open_store(settings) as store,
        progress_bar(f"Importing {path.name}") as progress,
        store.storage.work_folder(f"archive-{uuid.uuid4().hex}") as work,
    ):
        with store.database.write() as session:
            user_id = ensure_owner(session, owner_name()).id
        restored = restore_project(
            store.database,
            store.storage,
            path,
            user_id=user_id,
            work=work,
            name=name,
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "project_id": restored.project_id,
                "name": restored.name,
                "scans": restored.scans,
                "answers": restored.answers,
                "new_people": restored.new_people,
            }
        )
        return
    scans = "1 scan" if restored.scans == 1 else f"{restored.scans} scans"
    note(f'"{restored.name}" is here with {scans}. Label them: fewpoints serve')
    if restored.new_people:
        people = ", ".join(restored.new_people)
        note(f"New here, and unable to sign in until somebody invites them: {people}")
