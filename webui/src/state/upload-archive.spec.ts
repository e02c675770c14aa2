// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Finding, Preflight, Upload, UploadScan } from "../api/types";
import { UploadRow } from "./upload-row.svelte";

const MILLIMETRES: Finding = {
  code: "unit",
  sentence: "It is in millimetres.",
  severity: "warning",
  fix: { unit: "millimetres" },
  suggested: true,
};
const TWINS: Finding = {
  code: "duplicates",
  sentence: "Some points are there twice.",
  severity: "info",
  fix: { drop_duplicates: true },
  suggested: false,
};

function scan(title: string, findings: Finding[] | null, problem = ""): UploadScan {
  return {
    member: `rooms/${title}`,
    title,
    kind: "file",
    files: 1,
    bytes: 10,
    preflight: findings && ({ findings, unit: "metres" } as Partial<Preflight> as Preflight),
    problem: problem ? { code: "unreadable_scan", message: problem } : null,
    scan_id: null,
  };
}

function rowOf(scans: UploadScan[]): UploadRow {
  const row = new UploadRow(1, "rooms.zip", "rooms.zip", 100);
  row.take({
    scans,
    preflight: null,
    received: 100,
    twins: [],
    text_table: null,
    tables: [],
    options: { version: 1 },
  } as unknown as Upload);
  return row;
}

test("only what can be fixed of every scan in an archive is offered, and what is suggested is taken", () => {
  const row = rowOf([scan("a.ply", [MILLIMETRES, TWINS]), scan("b.ply", [MILLIMETRES])]);
  expect(row.offers).toEqual([MILLIMETRES]);
  expect(row.fixes.unit).toBe("millimetres");
  expect(row.nothingFound).toBe(false);
  row.setFix({ unit: "millimetres" }, false);
  expect(row.fixed).toBe(false);
});

test("an archive needs no look where every scan in it was looked at and nothing was found", () => {
  expect(rowOf([scan("a.ply", []), scan("b.ply", [TWINS])]).nothingFound).toBe(true);
  expect(rowOf([scan("a.ply", []), scan("b.ply", null)]).nothingFound).toBe(false);
  expect(rowOf([scan("a.ply", []), scan("b.ply", null, "cut short")]).nothingFound).toBe(false);
  expect(rowOf([scan("a.ply", [])]).several).toEqual([]);
});
