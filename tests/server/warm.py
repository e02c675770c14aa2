# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Servers and workers that find their modules loaded.

Loading them takes most of the processor time of a start, and nearly every test of the server starts
some: one process loads them once, and the others are forked off it. That is safe, as it has one
thread and has computed nothing. Without `fork`, each starts anew.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from fewpoints.server.jobs.executors import local
from fewpoints.server.jobs.registry import KINDS, resolve

# Where the warm process listens; also known to what was forked off it.
ADDRESS = "TESTS_WARM_PROCESS"
NUMBER_BYTES = 4


def start(
    module: str, *arguments: str, env: Mapping[str, str], stderr: BinaryIO
) -> subprocess.Popen[bytes] | Forked:
    """`python -m module arguments` in a session of its own; input and output are pipes."""
    if hasattr(os, "fork"):
        return Forked(module, arguments, env, stderr)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
        env=env,
    )


def start_worker(errors: BinaryIO) -> subprocess.Popen[bytes] | Forked:
    """In place of `local.start_worker`."""
    return start(local.WORKER_MODULE, env=os.environ, stderr=errors)


class Forked:
    """A process that was forked off the warm one, with the methods of `subprocess.Popen`."""

    def __init__(
        self, module: str, arguments: Sequence[str], env: Mapping[str, str], stderr: BinaryIO
    ) -> None:
        its_input, write = os.pipe()
        read, its_output = os.pipe()
        self.stdin, self.stdout = os.fdopen(write, "wb"), os.fdopen(read, "rb")
        self.returncode: int | None = None
        self._reports = socket.socket(socket.AF_UNIX)
        self._reports.connect(_address())
        request = json.dumps({"module": module, "arguments": arguments, "env": dict(env)}).encode()
        handles = [its_input, its_output, stderr.fileno()]
        socket.send_fds(self._reports, [_bytes(len(request))], handles)
        self._reports.sendall(request)
        os.close(its_input)
        os.close(its_output)
        self.pid = _number(self._reports)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status, negative for a signal."""
        if self.returncode is None:
            self._reports.settimeout(timeout)
            try:
                self.returncode = os.waitstatus_to_exitcode(_number(self._reports))
            except (TimeoutError, BlockingIOError) as error:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0) from error
            self._reports.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def terminate(self) -> None:
        """SIGTERM."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._send(signal.SIGKILL)

    def _send(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _address() -> str:
    """Return where the warm process listens; start it if there is none yet."""
    if ADDRESS not in os.environ:
        folder = tempfile.mkdtemp(prefix="warm-")
        address = str(Path(folder) / "socket")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.warm", address],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline(), "the warm process did not start"
        os.environ[ADDRESS] = address
        atexit.register(_end, process, folder)
    return os.environ[ADDRESS]


def _end(process: subprocess.Popen[bytes], folder: str) -> None:
    process.communicate()  # The end of its input ends it.
    shutil.rmtree(folder)


def _bytes(number: int) -> bytes:
    return number.to_bytes(NUMBER_BYTES, "big")


def _number(connection: socket.socket) -> int:
    return int.from_bytes(_received(connection, NUMBER_BYTES), "big")


def _received(connection: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        more = connection.recv(size - len(content))
        assert more, "the other side is gone"
        content += more
    return content


def main(address: str) -> None:
    """Load the modules, then fork until the input ends; what is forked goes on from here."""
    importlib.import_module("fewpoints.server.cli")
    importlib.import_module("fewpoints.server.serve")
    for kind in KINDS.values():
        resolve(kind.task)
    vars(local)["start_worker"] = start_worker
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(100)
        print("ready", flush=True)
        request = _next_request(listener)
    if request is None:
        return
    os.environ.clear()
    os.environ.update({**request["env"], ADDRESS: address})
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = [request["module"], *request["arguments"]]
    importlib.import_module(request["module"]).main()


def _next_request(listener: socket.socket) -> dict[str, Any] | None:
    """Return, in each process that is forked, what it is to do; None in this one at the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Keepers are not waited for.
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return None
        connection, _ = listener.accept()
        with connection:
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return _kept(connection)


def _kept(connection: socket.socket) -> dict[str, Any]:
    """Fork once more and return the request there; this process only tells how that one ends."""
    size, handles, _, _ = socket.recv_fds(connection, NUMBER_BYTES, 3)
    request: dict[str, Any] = json.loads(_received(connection, int.from_bytes(size, "big")))
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for number, handle in enumerate(handles):
            os.dup2(handle, number)
            os.close(handle)
        return request
    for handle in handles:
        os.close(handle)
    with suppress(OSError):  # Nobody asks any more.
        connection.sendall(_bytes(pid))
        connection.sendall(_bytes(os.waitpid(pid, 0)[1]))
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
