# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Imports every table, so that the metadata is complete."""

from __future__ import annotations

from fewpoints.server.answers import tables as _answers
from fewpoints.server.coverage import tables as _coverage
from fewpoints.server.db.base import Base
from fewpoints.server.exports import tables as _exports
from fewpoints.server.file_labels import tables as _file_labels
from fewpoints.server.jobs import tables as _jobs
from fewpoints.server.projects import tables as _projects
from fewpoints.server.reviews import tables as _reviews
from fewpoints.server.rounds import tables as _rounds
from fewpoints.server.scans import tables as _scans
from fewpoints.server.training import tables as _training
from fewpoints.server.uploads import tables as _uploads
from fewpoints.server.users import tables as _users

DOMAINS = (
    _answers,
    _coverage,
    _exports,
    _file_labels,
    _jobs,
    _projects,
    _reviews,
    _rounds,
    _scans,
    _training,
    _uploads,
    _users,
)
metadata = Base.metadata
