# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Why an archive of a project cannot be made or used."""

from __future__ import annotations

from fewpoints.server.errors import AppError, Conflict


class DamagedArchive(AppError):
    """A file is no archive of a project, is cut short, or contradicts itself."""

    status = 422
    code = "damaged_archive"

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem} Nothing was imported.")


class ArchiveTooNew(AppError):
    """An archive was made by a newer version of fewpoints."""

    status = 422
    code = "archive_too_new"

    def __init__(self, name: str, *, made_by: str, what: str) -> None:
        super().__init__(
            f"{name} was made by fewpoints {made_by}, which is newer than this one: {what}. Update "
            "this installation and import it again. Nothing was imported."
        )


class ProjectChanges(Conflict):
    """Files of a project vanished again and again while they were packed."""

    code = "project_changes"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Scans of {name} were imported or deleted while it was packed. Wait until its jobs "
            "are done and try again."
        )
