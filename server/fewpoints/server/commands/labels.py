# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""`fewpoints labels …`: labels that came with files, mapped onto classes."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from fewpoints.annotations.classes import ClassList
    from fewpoints.annotations.label_mapping.suggestion import Suggestion

app = typer.Typer(help="Labels that came with files: map them onto classes.", no_args_is_help=True)


@app.command()
def mapping(
    scan: Annotated[Path, typer.Argument(help="A scan file with a label field.")],
    project: Annotated[
        str | None, typer.Option(help="Name or id of the project whose classes are meant.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="Without a project: the class list that is meant.")
    ] = "scannet20",
    field: Annotated[
        str | None, typer.Option(help="The label field; the likeliest one if not given.")
    ] = None,
    rule: Annotated[
        str | None, typer.Option(help="What the numbers are, where several things are possible.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Print the class_mapping JSON that a scan's label field suggests; say why on stderr."""
    from fewpoints.annotations.classes import preset as preset_of
    from fewpoints.annotations.label_mapping.counting import (
        count_field,
        holds_words,
        merged,
        value_names,
    )
    from fewpoints.annotations.label_mapping.mapping import ClassMapping
    from fewpoints.annotations.label_mapping.suggestion import instance_field, suggest
    from fewpoints.server.commands.reading import read_file

    classes = preset_of(preset).classes if project is None else _classes_of(project, home)
    with progress_bar(f"Reading {scan.name}") as progress:
        points = read_file(scan, progress)
        fields = merged(
            count_field(
                name,
                values,
                points.finite,
                names=value_names(points, name),
                source_format=points.source_format,
                words=holds_words(points, name),
            )
            for name, values in points.labels.items()
        )
    if not fields:
        raise BadArgument(f"{scan.name} has no label field.")
    if field is not None and field not in fields:
        raise BadArgument(f"{scan.name} has no label field {field}; it has {', '.join(fields)}.")
    likeliest = sorted(fields.values(), key=lambda one: (one.numbers_objects, one.counts is None))
    chosen = likeliest[0] if field is None else fields[field]
    found = suggest(chosen, classes, instance=instance_field(chosen, fields))
    if not found:
        if chosen.counts is None:
            raise BadArgument(
                f"{chosen.name} has more than 1,000 different values: it numbers objects, not "
                "classes. Name another one with --field."
            )
        note(f"No known numbering fits {chosen.name}: give its values classes by hand.")
        nothing = ClassMapping(chosen.name, dict.fromkeys(chosen.counts), names=chosen.names)
        print_json(nothing.to_json(classes))
        return
    best = found[0] if rule is None else _by_rule(found, rule)
    note(f"{chosen.name}, {best.rule}: {best.reason} {best.share:.1%} of the points get a class.")
    others = ", ".join(one.rule for one in found if one is not best)
    if others:
        note(f"It could also be: {others} (--rule).")
    print_json(best.mapping.to_json(classes))


@app.command("import")
def import_labels(
    project: Annotated[str, typer.Argument(help="Name or id of the project.")],
    mapping: Annotated[Path, typer.Option(help="The class_mapping JSON.")],
    target: Annotated[
        str, typer.Option("--as", help="What to make of the labels: answers or truth.")
    ] = "answers",
    per_class: Annotated[
        int, typer.Option(help="Answers of each class in each scan.", min=1, max=1000)
    ] = 20,
    all_points: Annotated[
        bool, typer.Option("--all", help="All labelled points become answers.")
    ] = False,
    scan: Annotated[
        list[int] | None, typer.Option(help="Id of a scan; several times for several. All if none.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make answers, or the ground truth, of a label field of a project's scans."""
    from fewpoints.annotations.label_mapping.mapping import read_mapping
    from fewpoints.server.answers.sparse import class_list
    from fewpoints.server.commands.store import open_store, require_project
    from fewpoints.server.file_labels.schemas import LabelImportCreate
    from fewpoints.server.file_labels.service import plan_import, start_import
    from fewpoints.server.serve import owner_name
    from fewpoints.server.users.service import ensure_owner

    if target not in ("answers", "truth"):
        raise BadArgument(f"--as {target}: labels become answers or truth.")
    content = existing_file(mapping).read_bytes()
    settings = make_settings(host=None, port=None, home=home)
    with open_store(settings) as store, progress_bar(f"Labels of {project}") as progress:
        with store.database.read() as session:
            project_id = require_project(session, project).id
            classes = class_list(session, project_id)
            wanted = LabelImportCreate(
                client_id=str(uuid.uuid4()),
                mapping=read_mapping(content, classes, name=mapping.name).to_json(classes),
                target="answers" if target == "answers" else "truth",
                per_class=None if all_points else per_class,
                scan_ids=scan or None,
            )
            plan_import(session, store.storage, project_id, wanted)
        with store.database.write() as session:
            user = ensure_owner(session, owner_name())
            row = start_import(session, store.storage, project_id, wanted, user.id)
            job_id = row.job_id
        assert job_id is not None
        (result,) = store.wait([job_id], progress)
    if as_json:
        print_json(result)
        return
    scans = "1 scan" if result["scans"] == 1 else f"{result['scans']:,} scans"
    if target == "answers":
        note(f"{result['answers']:,} answers in {scans} of {project}")
    else:
        note(f"The truth of {result['points']:,} points in {scans} of {project}")


def _classes_of(project: str, home: Path | None) -> ClassList:
    from fewpoints.server.answers.sparse import class_list
    from fewpoints.server.commands.store import open_store, require_project

    settings = make_settings(host=None, port=None, home=home)
    with open_store(settings) as store, store.database.read() as session:
        return class_list(session, require_project(session, project).id)


def _by_rule(found: list[Suggestion], rule: str) -> Suggestion:
    for one in found:
        if one.rule == rule:
            return one
    raise BadArgument(f"--rule {rule}: what fits is {', '.join(one.rule for one in found)}.")
