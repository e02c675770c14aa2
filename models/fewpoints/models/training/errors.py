# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Why a fine-tuning run cannot start or go on."""

from __future__ import annotations

from fewpoints.annotations.errors import AppError


class NotEnoughAnswers(AppError):
    """There is too little to learn from."""

    status = 409
    code = "not_enough_answers"

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))


class BadAnswers(AppError):
    """Answers that do not fit their scan or the class list."""

    status = 422
    code = "bad_answers"


class TrainingDiverged(AppError):
    """The loss stopped being a number."""

    status = 409
    code = "training_diverged"

    def __init__(self, step: int, lr: float) -> None:
        super().__init__(
            f"Training diverged at step {step}: the loss is not a finite number. "
            f"Start again with a learning rate below {lr:g}, or train the head only."
        )
