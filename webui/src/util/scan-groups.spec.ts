// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { expect, it } from "vitest";
import cases from "../../../tests/fixtures/files_of_scans.json";
import { groupFiles } from "./scan-groups";

const found = (paths: readonly string[]) =>
  paths.map((path) => ({ path, file: new File(["x"], path.replace(/.*\//, "")) }));

/** The same cases are read by the tests of the server's own search, so that both find the same. */
it.each(cases)("$what", ({ files, groups, single }) => {
  for (const order of [files, [...files].reverse()]) {
    const made = groupFiles(found(order));
    const sorted = made.groups
      .map(({ kind, files: members }) => ({ kind, files: members.map((f) => f.path).sort() }))
      .sort((a, b) => ((a.files[0] ?? "") < (b.files[0] ?? "") ? -1 : 1));
    expect(sorted).toEqual(groups);
    expect(made.single.map(({ path }) => path).sort()).toEqual(single);
    const all = [...made.groups.flatMap((g) => g.files.map((f) => f.path)), ...single];
    expect([...new Set(all), ...made.covered.map(({ path }) => path)].sort()).toEqual(
      [...files].sort(),
    );
  }
});

it("groups have short names, and say where they were", () => {
  const { groups } = groupFiles(
    found([
      "S3DIS/Area_1/office_1/Annotations/wall_1.txt",
      "kitti/08/velodyne/000007.bin",
      "kitti/08/labels/000007.label",
      "coord.npy",
      "color.npy",
    ]),
  );
  expect(groups.map(({ name, path }) => [name, path])).toEqual([
    ["scan", "coord.npy"],
    ["000007", "kitti/08/velodyne/000007.bin"],
    ["office_1", "S3DIS/Area_1/office_1"],
  ]);
});

it("a file that was dropped twice is sent once", () => {
  const twice = found(["a/x.bin", "a/x.label", "a/x.bin"]);
  expect(groupFiles(twice).groups[0]?.files).toHaveLength(2);
});
