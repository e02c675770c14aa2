# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Find a Chromium for the browser tests, or get one.

`python -m tests.e2e.chromium --ensure` looks for the system's, then for Playwright's own, then
tries to install one (apt-get when root, Playwright's download otherwise) and says what it found.
Where none can be had the browser tests are skipped, loudly; with CI set that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
# Software WebGL must be asked for; containers have a small /dev/shm.
FLAGS = ["--enable-unsafe-swiftshader", "--disable-dev-shm-usage"]


def find() -> str | None:
    """Path of a Chromium, or None. FEWPOINTS_CHROMIUM comes first."""
    named = os.environ.get("FEWPOINTS_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return _playwrights_own()


def _playwrights_own() -> str | None:
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Exception:  # Whatever Playwright's driver lacks here, the answer is the same: none.
        return None
    return path if path and Path(path).exists() else None


def ensure() -> str | None:
    """Find a Chromium or try to install one."""
    found = find()
    if found:
        return found
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(command, env=env, check=False, timeout=900, stdout=subprocess.DEVNULL)
    else:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        try:
            subprocess.run(command, check=False, timeout=300)
        except subprocess.TimeoutExpired:
            print("Playwright's download of a Chromium took more than 300 s and was given up.")
    return find()


def main() -> int:
    found = ensure() if "--ensure" in sys.argv else find()
    if found:
        print(f"Browser tests use {found}")
        return 0
    print("No Chromium here and none could be installed: the browser tests will be SKIPPED.")
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
