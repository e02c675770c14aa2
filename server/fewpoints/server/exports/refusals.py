# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Why a plan is not carried out."""

from __future__ import annotations

from fewpoints.server.dense.queries import NoAnswersYet, SuperpointsMissing
from fewpoints.server.errors import Conflict
from fewpoints.server.exports.plan import Plan
from fewpoints.server.exports.schemas import LeftOutScan


class NothingToExport(Conflict):
    """There is nothing of this kind yet."""

    code = "nothing_to_export"


def refusal(plan: Plan) -> NothingToExport | None:
    """Return why there would be no file; None if there would be one.

    Scans that were chosen by name must all be in it; of all scans, those that can be.
    """
    missing = next(iter(plan.left_out), None)
    if plan.options.scan_ids is not None and missing is not None:
        return NothingToExport(_sentence(plan, missing))
    if plan.scans:
        return None
    if plan.options.source == "prediction" and plan.checkpoint is None:
        return NothingToExport("There is no prediction to export. Train the project first.")
    imported = next((scan for scan in plan.left_out if scan.reason != "not_imported"), None)
    if imported is None:
        return NothingToExport("The project has no imported scan yet.")
    return NothingToExport(_sentence(plan, imported))


def _sentence(plan: Plan, scan: LeftOutScan) -> str:
    if scan.reason == "open_queries":
        return f"{scan.name} is not done: it has open queries, or none at all."
    if scan.reason == "not_prepared":
        return SuperpointsMissing(scan.name).message
    if scan.reason == "no_prediction":
        if plan.checkpoint is None:
            return "There is no prediction to export. Train the project first."
        return (
            f"{scan.name}: the checkpoint {plan.checkpoint.name} has no prediction there. Train "
            "the project again."
        )
    if scan.reason == "no_objects":
        return (
            f"{scan.name}: no answer that counts says which object its point belongs to. Number "
            "objects while answering, then there are boxes."
        )
    if plan.options.approved_only:
        return f"No answer of {scan.name} that could be written is approved. Review some first."
    return NoAnswersYet(scan.name).message
