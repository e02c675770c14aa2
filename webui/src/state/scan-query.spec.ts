// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

import { expect, it } from "vitest";
import {
  ALL_SCANS,
  isFiltered,
  readScanQuery,
  requestFilter,
  requestParams,
  sameQuery,
  type ScanQuery,
  writeScanQuery,
} from "./scan-query";

const plain: ScanQuery = { ...ALL_SCANS, sort: "created", descending: false };
const odd: ScanQuery = {
  name: "50 % & more=?#",
  state: "failed",
  progress: "started",
  warnings: false,
  predicted: true,
  person: 7,
  sort: "points",
  descending: true,
};

it("an address says what the table shows, and nothing that goes without saying", () => {
  expect(writeScanQuery(plain).toString()).toBe("");
  for (const query of [plain, odd, { ...plain, descending: true }])
    expect(readScanQuery(new URLSearchParams(writeScanQuery(query).toString()))).toEqual(query);
  expect(sameQuery(odd, { ...odd })).toBe(true);
  expect(sameQuery(odd, { ...odd, descending: false })).toBe(false);
});

it("what an address says wrongly is left out", () => {
  const wrong = "state=burnt&progress=1&warnings=maybe&person=-1&sort=-id&x=1";
  expect(readScanQuery(new URLSearchParams(wrong))).toEqual(plain);
});

it("the server is asked for what is meant", () => {
  expect(Object.fromEntries(requestParams(odd, 200, 100))).toEqual({
    name: odd.name,
    state: "failed",
    progress: "started",
    warnings: "false",
    predicted: "true",
    person: "7",
    sort: "points",
    descending: "true",
    offset: "200",
    limit: "100",
  });
  expect(requestFilter(plain)).toEqual({});
  expect(requestFilter(odd)).toEqual({
    name: odd.name,
    state: "failed",
    progress: "started",
    warnings: false,
    predicted: true,
    person: 7,
  });
  expect([isFiltered(plain), isFiltered(odd), isFiltered({ ...plain, warnings: false })]).toEqual([
    false,
    true,
    true,
  ]);
});
