# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Everything a deployment can set, read from `FEWPOINTS_*` environment variables."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

GIB = 1024**3


class Settings(BaseSettings):
    """One server's settings. Each field is also the variable `FEWPOINTS_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="FEWPOINTS_", extra="ignore", frozen=True)

    home: Path = Field(
        default=Path("~/.local/share/fewpoints"),
        description="Folder of the database, scans, checkpoints, exports and logs.",
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy URL of the database; a SQLite file in the home folder if unset.",
    )
    host: str = Field(default="127.0.0.1", description="Address the server listens on.")
    port: int = Field(default=8765, ge=0, le=65535, description="Port; 0 takes any free one.")
    allowed_hosts: str = Field(
        default="",
        description="Further host names under which browsers may reach the server, separated by "
        "commas. 127.0.0.1, localhost and [::1] are always allowed.",
    )
    secure_cookies: bool = Field(
        default=False, description="Mark the sign-in cookie Secure; set it behind HTTPS."
    )
    max_upload_bytes: int = Field(default=20 * GIB, gt=0, description="Largest upload accepted.")
    upload_hours: float = Field(
        default=48.0, gt=0, description="How long an upload that broke off waits to be continued."
    )
    min_free_bytes: int = Field(
        default=1 * GIB, ge=0, description="Free disk space that an upload must leave."
    )
    device: str = Field(default="auto", description="Device for networks: auto, cpu or cuda[:n].")
    pretrained: Path | None = Field(
        default=None, description="Pre-trained checkpoint for features and fine-tuning."
    )
    arch: str | None = Field(
        default=None, description="Network architecture when the checkpoint does not say it."
    )
    session_days: int = Field(default=30, gt=0, description="How long a sign-in lasts, in days.")
    sign_in_minutes: int = Field(
        default=24 * 60, gt=0, description="How long an unused sign-in link is valid, in minutes."
    )
    lease_s: float = Field(
        default=120.0, gt=0, description="How long a query is reserved for one annotator."
    )
    cancel_grace_s: float = Field(
        default=10.0, ge=0, description="Time a job has to end by itself once cancelled."
    )
    worker_idle_s: float = Field(
        default=600.0, gt=0, description="An idle worker process ends after this time."
    )
    inspect_timeout_s: float = Field(
        default=60.0, gt=0, description="Longest time the preflight of one file may take."
    )
    read_timeout_s: float = Field(
        default=10.0,
        gt=0,
        description="Longest time that reading a scan of up to 10 MB may take; larger ones get "
        "more in proportion to their size, imports six times as much.",
    )
    read_memory_bytes: int = Field(
        default=1_000_000_000,
        gt=0,
        description="Memory that reading a scan of up to 10 MB may take (on Linux); larger ones "
        "get more in proportion to their size.",
    )
    run_jobs: bool = Field(
        default=True, description="Start worker processes; off where another server runs the jobs."
    )

    @field_validator("home")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def resolved_database_url(self) -> str:
        """The database URL, with its default filled in."""
        return self.database_url or f"sqlite:///{self.home / 'fewpoints.db'}"

    @property
    def host_names(self) -> frozenset[str]:
        """Host names (lower case, no port) that requests may be addressed to; "*" allows any."""
        names = {"127.0.0.1", "localhost", "[::1]"}
        names.update(name.strip().lower() for name in self.allowed_hosts.split(","))
        if self.host not in ("0.0.0.0", "::", ""):
            names.add(f"[{self.host}]".lower() if ":" in self.host else self.host.lower())
        return frozenset(names - {""})
