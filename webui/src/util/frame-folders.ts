// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which folders hold RGB-D frames, told by names alone, as the server tells them. */

/** The names in a folder. */
export interface Folder {
  files: Set<string>;
  folders: Set<string>;
}

const TRAJECTORY = /\.log$|^trajectory\.json$|traj.*\.(?:json|txt)$/;

export function isFrameFolder(
  { files, folders }: Folder,
  inside: (folder: string) => Folder | undefined,
): boolean {
  const any = (pattern: RegExp): boolean => [...files].some((file) => pattern.test(file));
  if (files.has("depth.txt") && (files.has("groundtruth.txt") || files.has("rgb.txt"))) return true; // TUM
  if (any(/^frame-.*\.(?:depth\.png|pose\.txt)$/)) return true; // 7-Scenes
  if (any(/^frame_.*\.json$/) && any(/^depth_.*\.png$/)) return true; // 3D Scanner App
  const depth = [...(inside("depth")?.files ?? [])];
  if (!depth.some((file) => /\.png$/i.test(file))) return false;
  if (["pose", "image", "color", "rgb"].some((folder) => folders.has(folder))) return true; // ScanNet, Open3D
  return any(TRAJECTORY);
}
