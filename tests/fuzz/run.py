# SPDX-FileCopyrightText: The fewpoints authors
# SPDX-License-Identifier: Apache-2.0
"""Fuzz parsers, guided by the lines they run through: `python -m tests.fuzz.run ply --minutes 30
--corpus FOLDER`.

Needs `atheris`, which is no dependency of anything else here. A second run with the same folder
goes on where the first one ended. In FOLDER/PARSER:

* `inputs/`: every input that led somewhere new;
* `findings/`: the shortest input for each mistake, with its traceback beside it;
* `log.txt`: what libFuzzer said last.

FOLDER/runs.jsonl has a line for each run; `--table` adds them up, `--keep` brings a small choice
of the inputs into `corpus/` here, which the tests read.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tests.fuzz.kept import keep
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

TIMEOUT_S = 10
MEMORY_MB = 1000
# A parser whose process breaks down that often is broken beyond fuzzing.
MOST_BREAKDOWNS = 20


def main() -> None:
    """Do what the command line says."""
    options = argparse.ArgumentParser(description="Fuzz our own parsers.")
    options.add_argument("parsers", nargs="*", metavar="PARSER", help=", ".join(TARGETS))
    options.add_argument("--minutes", type=float, default=30, help="of each parser (30)")
    options.add_argument("--corpus", type=Path, required=True, metavar="FOLDER")
    options.add_argument(
        "--keep", action="store_true", help="choose inputs for the tests, fuzz none"
    )
    options.add_argument("--table", action="store_true", help="add all runs up, fuzz none")
    told = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # And not without the fuzzer's end.
    unknown = [parser for parser in told.parsers if parser not in TARGETS]
    if unknown:
        options.error(f"no parser is called {unknown[0]}; there are {', '.join(TARGETS)}")
    if told.table:
        print(table(told.corpus))
        return
    for parser in told.parsers or TARGETS:
        if told.keep:
            print(f"{parser}: {keep(parser, told.corpus / parser / 'inputs')}", flush=True)
        else:
            run(parser, told.corpus, told.minutes * 60)


def run(parser: str, corpus: Path, seconds: float) -> None:
    """Fuzz one parser for that long by the clock, and log it."""
    folder = corpus / parser
    for name in ("inputs", "findings"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    before = {path.name for path in (folder / "findings").glob("*.bin")}
    used = _children_s()
    begun, starts, breakdowns, executions, edges = time.monotonic(), 0, 0, 0, 0
    try:
        while breakdowns < MOST_BREAKDOWNS and (left := seconds - (time.monotonic() - begun)) >= 1:
            starts += 1
            status, log = _fuzz(parser, folder, left)
            done = _is_done(log)
            breakdowns += not (done or status == os.EX_TEMPFAIL)
            executions += _last(r"(?:^#|executed_units: )(\d+)", log)
            edges = max(edges, _last(r"\bcov: (\d+)", log))
            if not edges:  # Then nothing was tried, or nothing was seen of it.
                sys.exit(f"The fuzzer of {parser} does not run:\n{log[-2000:]}")
    finally:  # Also of a run that is ended before its time.
        found = sorted({path.name for path in (folder / "findings").glob("*.bin")} - before)
        entry = {
            "parser": parser,
            "ended": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "wall_s": round(time.monotonic() - begun),
            "cpu_s": round(_children_s() - used),
            "executions": executions,
            "edges": edges,
            "inputs": len(list((folder / "inputs").iterdir())),
            "starts": starts,
            "findings": found,
        }
        with (corpus / "runs.jsonl").open("a", encoding="utf-8") as runs:
            runs.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)


def _fuzz(parser: str, folder: Path, seconds: float) -> tuple[int, str]:
    """One process; returns its exit status and what it printed."""
    target = TARGETS[parser]
    with tempfile.TemporaryDirectory() as begin:
        for number, content in enumerate(seeds(parser).values()):
            (Path(begin) / str(number)).write_bytes(content)
        words = Path(begin).with_suffix(".dict")
        words.write_text("".join(f'"{_quoted(word)}"\n' for word in target.words), encoding="ascii")
        told = [
            str(folder / "inputs"),
            begin,
            f"-max_total_time={int(seconds)}",
            f"-timeout={TIMEOUT_S}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-max_len={target.longest}",
            *([f"-dict={words}"] if target.words else []),
            # A hang or a crash: libFuzzer's own name for it.
            f"-artifact_prefix={folder / 'findings'}{os.sep}",
            "-print_final_stats=1",
        ]
        command = [sys.executable, "-m", "tests.fuzz.loop", parser, str(folder / "findings"), *told]
        env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            done = subprocess.run(
                command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
            )
        finally:
            words.unlink()
    log = done.stderr.decode(errors="replace")
    (folder / "log.txt").write_text(log[-100_000:], encoding="utf-8")
    for path in (folder / "findings").iterdir():  # Among the others, as one of them.
        if path.suffix in (".bin", ".txt"):
            continue
        if _is_done(log):  # It broke down while it ended, after its last input.
            path.unlink()
        else:
            path.rename(path.with_name(path.name[:24] + ".bin"))
    return done.returncode, log


def _is_done(log: str) -> bool:
    """Whether libFuzzer tried all that it was told to."""
    return re.search(r"^Done \d+ (?:runs )?in ", log, re.MULTILINE) is not None


def _quoted(word: str) -> str:
    return word.replace('"', '\\"')


def _last(pattern: str, text: str) -> int:
    found = re.findall(pattern, text, re.MULTILINE)
    return int(found[-1]) if found else 0


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(corpus: Path) -> str:
    """Return all runs of a folder, added up, as a table in Markdown."""
    lines = (corpus / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    runs: list[dict[str, Any]] = [json.loads(line) for line in lines]
    out = [
        "| Parser | Minutes | of the processor | Inputs tried | Edges | Findings |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for parser in TARGETS:
        its = [entry for entry in runs if entry["parser"] == parser]
        if its:
            total = {key: sum(e[key] for e in its) for key in ("wall_s", "cpu_s", "executions")}
            found = {name for entry in its for name in entry["findings"]}
            out.append(
                f"| {parser} | {total['wall_s'] / 60:.1f} | {total['cpu_s'] / 60:.1f} "
                f"| {total['executions']:,} | {max(e['edges'] for e in its):,} | {len(found)} |"
            )
    return "\n".join(out)


if __name__ == "__main__":
    main()
