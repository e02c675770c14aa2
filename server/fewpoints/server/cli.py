# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""The `fewpoints` command: thin over the same functions that the server's jobs call.

Exit codes: 0 done, 1 a mistake of ours (with a trace), 2 a mistake by the user or their data (one
sentence on stderr), 130 interrupted. Heavy libraries are imported inside the commands, so that
`fewpoints --help` answers at once.
"""

from __future__ import annotations

import sys

import typer

from fewpoints.annotations.errors import AppError
from fewpoints.server.commands import (
    benchmark,
    densifying,
    doctor,
    labels,
    learning,
    moving,
    pretraining,
    projects,
    recordings,
    scans,
    serving,
)

app = typer.Typer(
    name="fewpoints",
    help="Label a few points, get the whole scan.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("quickstart")(serving.quickstart)
app.command("serve")(serving.serve)
app.command("import")(projects.import_scans)
app.command("inspect")(scans.inspect)
app.command("features")(scans.features)
app.command("select")(scans.select)
app.command("densify")(densifying.densify)
app.command("finetune")(learning.finetune)
app.command("predict")(learning.predict)
app.command("simulate")(recordings.simulate)
app.command("fuse")(recordings.fuse)
app.command("pretrain")(pretraining.pretrain)
app.command("export")(projects.export)
app.add_typer(moving.app, name="project")
app.add_typer(labels.app, name="labels")
app.add_typer(benchmark.app, name="benchmark")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; one sentence and exit code 2 for what the user can mend."""
    try:
        app()
    except AppError as error:
        print(f"Error: {error.message}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
