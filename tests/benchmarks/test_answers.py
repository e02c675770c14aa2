# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Answers acknowledged by a real server; aims: median 20 ms for one annotator, 99th percentile
100 ms with 30 posting at once.

`pytest tests/benchmarks/test_answers.py -m benchmark -s` prints one JSON line per case. The senders
run in a process of their own and send the next answer as soon as the last one is acknowledged: far
more than people do.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from fewpoints.server.db.engine import Database
from fewpoints.server.storage import Storage
from tests.benchmarks.record import record
from tests.server.processes import ServerProcess
from tests.server.seeding import seed_scan

SENDER = r"""
import asyncio, json, sys, time, uuid

host, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
senders, each = int(sys.argv[4]), int(sys.argv[5])
tokens = sys.stdin.read().split()
seconds = []

async def annotator(number):
    reader, writer = await asyncio.open_connection(host, port)
    for i in range(each + 5):
        body = json.dumps({"client_id": str(uuid.uuid4()), "point_index": 10 * (i % 20),
                           "reply": "class", "class_index": i % 20, "seconds": 2.5}).encode()
        head = (f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
                "Content-Type: application/json\r\n"
                f"Authorization: Bearer {tokens[number]}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        start = time.perf_counter()
        writer.write(head + body)
        await writer.drain()
        status = await reader.readuntil(b"\r\n\r\n")
        assert status.startswith(b"HTTP/1.1 201"), status
        length = int(status.lower().partition(b"content-length:")[2].split()[0])
        await reader.readexactly(length)
        if i >= 5:
            seconds.append(time.perf_counter() - start)
    writer.close()

async def main():
    await asyncio.gather(*(annotator(n) for n in range(senders)))

start = time.perf_counter()
asyncio.run(main())
print(json.dumps({"seconds": seconds, "wall": time.perf_counter() - start}))
"""


@pytest.mark.benchmark
@pytest.mark.parametrize(("senders", "each"), [(1, 300), (30, 60)])
def test_answers(tmp_path: Path, senders: int, each: int) -> None:
    with ServerProcess(tmp_path) as server:
        database = Database(server.settings.resolved_database_url)
        seeded = seed_scan(database, Storage(server.settings))
        database.close()
        tokens = [
            server.script(f"Annotator {n}").headers["Authorization"].split()[1]
            for n in range(senders)
        ]
        host, _, port = server.address.removeprefix("http://").partition(":")
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                SENDER,
                host,
                port,
                f"/api/v1/scans/{seeded.scan_id}/answers",
                str(senders),
                str(each),
            ],
            input="\n".join(tokens),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    result = json.loads(done.stdout)
    milliseconds = sorted(1000 * value for value in result["seconds"])
    found = {
        "senders": senders,
        "answers": len(milliseconds),
        "median_ms": round(statistics.median(milliseconds), 2),
        "p99_ms": round(milliseconds[int(0.99 * len(milliseconds))], 2),
        "max_ms": round(milliseconds[-1], 2),
        "answers_per_s": round(len(milliseconds) / result["wall"], 1),
        "load": os.getloadavg()[0],
        "cores": os.cpu_count(),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
    }
    record("answers", found)
