# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints import` and `fewpoints export`: in and out of the data folder without a browser."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fewpoints.server.commands.import_choices import (
    ColumnsOption,
    DecimalOption,
    DelimiterOption,
    DropDuplicatesOption,
    MemberOption,
    SkipLinesOption,
    ThinToOption,
    UnalignedOption,
    UnitOption,
    UpOption,
    import_options,
    with_text_layout,
)
from fewpoints.server.commands.scans import JsonOption
from fewpoints.server.commands.serving import HomeOption, make_settings
from fewpoints.server.commands.terminal import (
    BadArgument,
    existing_scan,
    note,
    print_json,
    progress_bar,
)
from fewpoints.server.exports.formats import FORMATS


def import_scans(
    files: Annotated[
        list[Path],
        typer.Argument(help="Scans in any format that `inspect` reads, archives and folders."),
    ],
    project: Annotated[str, typer.Option(help="Name or id; made if there is none.")] = "My scans",
    preset: Annotated[
        str, typer.Option(help="Classes of a new project: scannet20 or s3dis13.")
    ] = "scannet20",
    unit: UnitOption = None,
    up: UpOption = None,
    drop_duplicates: DropDuplicatesOption = False,
    thin_to: ThinToOption = None,
    unaligned: UnalignedOption = False,
    columns: ColumnsOption = None,
    delimiter: DelimiterOption = None,
    decimal: DecimalOption = None,
    skip_lines: SkipLinesOption = None,
    member: MemberOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import scans into a project and choose their points, as an upload in the browser does.

    Of an archive or a folder, every scan in it. Fixes of the points (unit, up, left out points) are
    undone in exports.
    """
    from fewpoints.server.commands.store import (
        JobFailed,
        add_scans,
        find_or_create_project,
        open_store,
    )
    from fewpoints.server.projects.schemas import ProjectCreate

    options = import_options(
        unit=unit,
        up=up,
        drop_duplicates=drop_duplicates,
        thin_to=thin_to,
        unaligned=unaligned,
    )
    paths = [existing_scan(path) for path in files]
    choices = [
        with_text_layout(
            replace(options, member=member),
            path,
            columns=columns,
            delimiter=delimiter,
            decimal=decimal,
            skip_lines=skip_lines,
        )
        for path in paths
    ]
    settings = make_settings(host=None, port=None, home=home)
    with open_store(settings) as store, progress_bar(f"Importing {len(paths)} scans") as progress:
        body = ProjectCreate(name=project, preset=preset)
        project_id = find_or_create_project(store, project, body)
        scan_ids: list[int] = []
        problems: list[str] = []
        for path, chosen in zip(paths, choices, strict=True):
            added = add_scans(store, project_id, path, chosen)
            scan_ids += added.scan_ids
            problems += added.problems
        problems += store.wait_for_scans(scan_ids, progress)
    if len(problems) == 1 and len(scan_ids) <= 1:
        raise JobFailed(problems[0])
    for problem in problems:
        note(problem)
    if as_json:
        print_json({"project_id": project_id, "scan_ids": scan_ids, "problems": problems})
    else:
        note(f'{len(scan_ids)} scans are in the project "{project}". Label them: fewpoints serve')
    if problems:
        raise JobFailed(f"Not everything could be imported: {len(problems)} problems, see above.")


def export(
    project: Annotated[str, typer.Argument(help="Name or id of the project.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
    kind: Annotated[
        str, typer.Option(help=f"Format: {', '.join(known.name for known in FORMATS)}.")
    ] = "sparse_csv",
    source: Annotated[
        str, typer.Option(help="Of formats with every point: answers or prediction.")
    ] = "answers",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a project's answers or predictions to a file (a zip where there are several scans)."""
    from pydantic import ValidationError

    from fewpoints.server.commands.store import open_store, require_project
    from fewpoints.server.exports.schemas import ExportCreate
    from fewpoints.server.exports.service import start_export
    from fewpoints.server.exports.tables import Export
    from fewpoints.server.serve import owner_name
    from fewpoints.server.users.service import ensure_owner

    try:
        wanted = ExportCreate.model_validate({"kind": kind, "source": source})
    except ValidationError:
        names = ", ".join(known.name for known in FORMATS)
        dense = ", ".join(known.name for known in FORMATS if len(known.sources) > 1)
        raise BadArgument(
            f"--kind {kind} --source {source}: the formats are {names}. A prediction goes into "
            f"{dense}."
        ) from None
    if not out.absolute().parent.is_dir():
        raise BadArgument(f"--out {out}: the folder {out.absolute().parent} does not exist.")
    settings = make_settings(host=None, port=None, home=home)
    with open_store(settings) as store, progress_bar(f"Exporting {project}") as progress:
        with store.database.write() as session:
            found = require_project(session, project)
            user = ensure_owner(session, owner_name())
            job_id = start_export(session, found.id, wanted, user.id).id
        (result,) = store.wait([job_id], progress)
        with store.database.read() as session:
            row = session.get_one(Export, result["export_id"])
        made = store.storage.export_file(row.id, row.filename)
        partial = out.with_name(f".{out.name}.tmp")
        shutil.copyfile(made, partial)
        partial.replace(out)
    if as_json:
        print_json({"file": str(out), "bytes": row.bytes, "snapshot": row.snapshot})
    else:
        note(f"{out}: {kind} of {project}")
