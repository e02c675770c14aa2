// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which of the files that somebody drops are scans. Told by their first bytes, as the server does it. */
import { t } from "../i18n";
import { Sha256 } from "./sha256";

export const SUFFIXES: readonly string[] = [
  ".ply",
  ".pcd",
  ".las",
  ".laz",
  ".npy",
  ".npz",
  ".zip",
  ".bin",
  ".e57",
  ".obj",
  ".off",
  ".stl",
  ".glb",
  ".gltf",
];
// Without a signature: text under these names may be a table of points. The server looks closer.
const TEXT = /\.(?:ptx|pts|xyz|txt|csv|asc|xyzrgb|xyzn)$/i;
// Nothing in these tells what they are; the server looks at the numbers.
const WITHOUT_SIGNATURE: readonly string[] = [".bin", ".obj", ".off", ".stl", ".gltf"];
const HEAD = 2048;
const PRINT = 65_536;
// What systems put into folders; nobody meant to upload it.
const NOISE = /^(?:\..*|Thumbs\.db|desktop\.ini)$/i;

/** A file, and where in the dropped folder it was. */
export interface FoundFile {
  file: File;
  path: string;
}

/** Why a file is not uploaded, or null. */
export async function whyNot(file: File): Promise<string | null> {
  if (file.size === 0) return t("setup.upload.empty");
  let head: Uint8Array;
  try {
    head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
  } catch {
    return t("setup.upload.cannotRead");
  }
  if (TEXT.test(file.name) && !startsLikeScan(head))
    return isText(head) ? null : t("setup.upload.noText");
  const suffix = SUFFIXES.find((s) => file.name.toLowerCase().endsWith(s));
  if (startsLikeScan(head) || WITHOUT_SIGNATURE.some((s) => s === suffix)) return null;
  if (suffix !== undefined)
    return t("setup.upload.otherContent", { format: suffix.slice(1).toUpperCase() });
  return t("setup.upload.noScan");
}

export function startsLikeScan(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head);
  if (/^ply[\n\r \t]/.test(text) || text.startsWith("LASF")) return true;
  if (text.startsWith("ASTM-E57")) return true;
  if (text.startsWith("glTF")) return true;
  // What is in an archive, the server says.
  if (text.startsWith("\x93NUMPY") || text.startsWith("PK\x03\x04")) return true;
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    const first = words[0] ?? "";
    if (first !== "" && !first.startsWith("#"))
      return ["VERSION", "FIELDS", "COLUMNS"].includes(first.toUpperCase());
    if (line.includes(".PCD")) return true;
  }
  return false;
}

/** Whether these can be bytes of text. UTF-16 counts: the server says how to mend it. */
function isText(head: Uint8Array): boolean {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true;
  return !head.some((byte) => byte < 9 || (byte > 13 && byte < 32) || byte === 127);
}

/** The same for the same file, also tomorrow: its size, its time, and a hash of its two ends. */
export async function fingerprint(file: File): Promise<string> {
  const hash = new Sha256().update(new TextEncoder().encode(`${file.size} ${file.lastModified} `));
  hash.update(new Uint8Array(await file.slice(0, PRINT).arrayBuffer()));
  hash.update(new Uint8Array(await file.slice(Math.max(0, file.size - PRINT)).arrayBuffer()));
  return hash.digest();
}

/** Files of a file input; those of a folder carry their path. */
export function filesOfList(list: FileList): FoundFile[] {
  return Array.from(list, (file) => ({ file, path: file.webkitRelativePath || file.name })).filter(
    (found) => !NOISE.test(found.file.name),
  );
}

/** Files of a drop, folders walked through. The items must be taken in the event itself: they are gone after it. */
export async function filesOfDrop(transfer: DataTransfer): Promise<FoundFile[]> {
  const entries: FileSystemEntry[] = [];
  const plain: File[] = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry();
    const file = entry === null ? item.getAsFile() : null;
    if (entry) entries.push(entry);
    else if (file) plain.push(file);
  }
  const found = plain.map((file) => ({ file, path: file.name }));
  for (const entry of entries) await walk(entry, found);
  return found
    .filter(({ file }) => !NOISE.test(file.name))
    .sort((a, b) => a.path.localeCompare(b.path, undefined, { numeric: true }));
}

async function walk(entry: FileSystemEntry, found: FoundFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    found.push({ file, path: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A call gives some hundred; an empty list is the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const child of some) await walk(child, found);
  }
}
