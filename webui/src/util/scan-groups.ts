// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Which of the files that somebody drops make up one scan together, told by their names. They are sent as one archive,
 * in which the server looks for them in the same way.
 */
import { isFrameFolder, type Folder } from "./frame-folders";
import type { FoundFile } from "./scan-files";

export type GroupKind = "sweep" | "scannet" | "s3dis" | "arrays" | "frames";

/** Files of one scan; `name` is short and for people, `path` where they were. */
export interface ScanGroup {
  kind: GroupKind;
  name: string;
  path: string;
  files: FoundFile[];
}

/** `covered`: files that are not needed, because others say the same; `by` is one of them. */
export interface Grouped {
  groups: ScanGroup[];
  single: FoundFile[];
  covered: { path: string; by: string }[];
}

const MESH = "_vh_clean_2.ply";
const OF_MESH = [
  "_vh_clean_2.0.010000.segs.json",
  ".aggregation.json",
  "_vh_clean.aggregation.json",
];
const LABELLED_MESH = "_vh_clean_2.labels.ply";
const CATEGORIES = "scannetv2-labels.combined.tsv";
const ANNOTATIONS = "Annotations";
const OF_SEQUENCES = ["calib.txt", "times.txt", "poses.txt", "timestamps.txt"];
const POSITIONS =
  /^(?:coord(?:s|inates)?|xyz|points?|pos(?:itions?)?|pts|vert(?:ice)?s|pointcloud|point_cloud)$/;
const OF_POINTS =
  /^(?:colou?rs?|rgba?|normals?|intensit(?:y|ies)|reflectance|remission|strength|(?:(?:gt|pred|sem|semantic|point)_?)?(?:labels?|class(?:es)?|segment(?:ation)?|seg|semantics?|instances?|inst|gt)\d*(?:_gt)?)$/;

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const join = (folder: string, name: string): string => (folder ? `${folder}/${name}` : name);

/** Files that are in no group yet, and what became of the others. */
class Search {
  readonly free = new Map<string, FoundFile>();
  readonly folders = new Map<string, Folder>();
  readonly groups: ScanGroup[] = [];
  readonly covered: Grouped["covered"] = [];

  constructor(found: readonly FoundFile[]) {
    for (const one of found) {
      if (this.free.has(one.path)) continue; // Dropped twice, by itself and in its folder.
      this.free.set(one.path, one);
      let folder = folderOf(one.path);
      this.at(folder).files.add(nameOf(one.path));
      while (folder) {
        this.at(folderOf(folder)).folders.add(nameOf(folder));
        folder = folderOf(folder);
      }
    }
  }

  at(folder: string): Folder {
    let there = this.folders.get(folder);
    if (!there) {
      there = { files: new Set(), folders: new Set() };
      this.folders.set(folder, there);
    }
    return there;
  }

  claim(kind: GroupKind, name: string, path: string, members: readonly string[]): void {
    const files = members.flatMap((member) => this.free.get(member) ?? []);
    for (const member of members) this.free.delete(member);
    this.groups.push({ kind, name: name || "scan", path, files });
  }

  cover(path: string, by: string): void {
    if (this.free.delete(path)) this.covered.push({ path, by });
  }

  below(folder: string): string[] {
    const prefix = join(folder, "");
    return [...this.free.keys()].filter((path) => path.startsWith(prefix));
  }
}

export function groupFiles(found: readonly FoundFile[]): Grouped {
  const search = new Search(found);
  for (const find of [scenes, frames, rooms, arrays, sweeps]) find(search);
  search.groups.sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }));
  return { groups: search.groups, single: [...search.free.values()], covered: search.covered };
}

/** Scenes of ScanNet: a mesh, its segments, their labels, and how it is turned. */
function scenes(search: Search): void {
  const table = [...search.free.keys()].find((path) => nameOf(path) === CATEGORIES);
  let used = false;
  for (const mesh of [...search.free.keys()].filter((path) => path.endsWith(MESH))) {
    const folder = folderOf(mesh);
    const scene = nameOf(mesh).slice(0, -MESH.length);
    const here = search.at(folder).files;
    const labels = [...OF_MESH, LABELLED_MESH].map((end) => scene + end).filter((f) => here.has(f));
    if (labels.length === 0) continue; // A mesh by itself is a file like others.
    const members = [mesh, ...labels.map((file) => join(folder, file))];
    if (here.has(`${scene}.txt`)) members.push(join(folder, `${scene}.txt`));
    const shared = table === undefined ? undefined : search.free.get(table);
    search.claim("scannet", scene, join(folder, scene), members);
    if (table !== undefined && shared) {
      search.groups.at(-1)?.files.push(shared); // Of all scenes.
      used = true;
    }
    for (const file of here) if (file.startsWith(scene)) search.cover(join(folder, file), mesh);
    const alone = [...here].filter((file) => file.endsWith(MESH)).length === 1;
    if (alone && folder)
      for (const kind of ["color", "depth", "pose", "intrinsic"])
        for (const path of search.below(join(folder, kind))) search.cover(path, mesh);
  }
  if (used && table !== undefined) search.free.delete(table);
}

/** Recordings of a camera with depth, which are fused. */
function frames(search: Search): void {
  for (const path of [...search.free.keys()])
    if (path.toLowerCase().endsWith(".sens"))
      search.claim("frames", nameOf(path).slice(0, -".sens".length), path, [path]);
  const folders = [...search.folders.keys()].sort(
    (a, b) => a.split("/").length - b.split("/").length || (a < b ? -1 : 1),
  );
  for (const folder of folders) {
    const here = search.at(folder);
    if (!isFrameFolder(here, (part) => search.folders.get(join(folder, part)))) continue;
    const members = search.below(folder);
    if (members.length > 0) search.claim("frames", nameOf(folder), folder, members);
  }
}

/** Rooms of S3DIS: a file for each object in it. */
function rooms(search: Search): void {
  for (const [folder, { files }] of search.folders) {
    if (nameOf(folder) !== ANNOTATIONS) continue;
    const room = folderOf(folder);
    const members = [...files]
      .filter((file) => file.endsWith(".txt"))
      .map((file) => join(folder, file))
      .filter((path) => search.free.has(path));
    const [first] = members;
    if (first === undefined) continue;
    search.claim("s3dis", nameOf(room), room || folder, members);
    for (const file of search.at(room).files)
      if (file.endsWith(".txt")) search.cover(join(room, file), first);
  }
}

/** Folders in which each property of the points is an array of its own. */
function arrays(search: Search): void {
  for (const [folder, { files }] of search.folders) {
    const stem = (file: string): string => file.slice(0, -".npy".length).toLowerCase();
    const here = [...files].filter((f) => f.endsWith(".npy") && search.free.has(join(folder, f)));
    const points = here.filter((file) => POSITIONS.test(stem(file)));
    const others = here.filter((file) => OF_POINTS.test(stem(file)));
    if (points.length !== 1 || others.length === 0) continue;
    const members = [...points, ...others].map((file) => join(folder, file));
    search.claim("arrays", nameOf(folder), folder || (members[0] ?? ""), members);
    for (const file of here) search.cover(join(folder, file), members[0] ?? "");
  }
}

/** Sweeps of KITTI with a class for each point. */
function sweeps(search: Search): void {
  for (const path of [...search.free.keys()]) {
    if (!path.toLowerCase().endsWith(".bin")) continue;
    const stem = nameOf(path).slice(0, -".bin".length);
    const folder = folderOf(path);
    const places = [join(folder, `${stem}.label`)];
    if (nameOf(folder) === "velodyne")
      places.unshift(join(folderOf(folder), `labels/${stem}.label`));
    const labels = places.find((place) => search.free.has(place));
    if (labels === undefined) continue;
    search.claim("sweep", stem, path, [path, labels]);
    if (nameOf(folder) === "velodyne")
      for (const file of OF_SEQUENCES) search.cover(join(folderOf(folder), file), path);
  }
}
