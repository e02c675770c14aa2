// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The scan that the address names, on its way and drawn while the app itself is still being loaded. The label page
 * takes over what there is of it: the answers of the server, and the view with all it has loaded.
 */
import { scans } from "../api/client";
import { expectTiles, tileSource } from "../api/tiles";
import type { Scan, TileManifest } from "../api/types";
import type { ViewerEvents, Viewer } from "../viewer/viewer";
import { installTestHooks } from "../test-hooks";

export interface EarlyView {
  readonly viewer: Viewer;
  readonly abort: AbortController; // Ends loading.
  readonly first: Promise<void>; // The first points of every tile are there.
  readonly loaded: Promise<void>; // As `Viewer.load`.
}

interface Early {
  readonly scanId: number;
  readonly abort: AbortController;
  readonly scan: Promise<Scan>;
  readonly manifest: Promise<TileManifest>;
  view: EarlyView | null;
  remove: () => void; // Takes the place of the view off the page.
}

const NOTHING: ViewerEvents = {
  onClick: () => undefined,
  onDoubleClick: () => undefined,
  onLoaded: () => undefined,
};

let early: Early | null = null;

/** Ask for a scan before anything is known of the page, and show it where the page will. */
export function openEarly(scanId: number): void {
  const abort = new AbortController();
  expectTiles(scanId);
  const scan = scans.get(scanId);
  const manifest = scans.tiles(scanId, abort.signal);
  const mine: Early = { scanId, abort, scan, manifest, view: null, remove: () => undefined };
  early = mine;
  window.addEventListener("hashchange", drop);
  // What fails here is asked for again, and said, by the page.
  show(mine).catch(() => undefined);
}

async function show(mine: Early): Promise<void> {
  const [{ Viewer }, scan, manifest] = await Promise.all([
    import("../viewer/viewer"),
    mine.scan,
    mine.manifest,
  ]);
  if (early !== mine || scan.state !== "ready") return;
  const place = document.createElement("div");
  place.className = "early-view";
  document.body.append(place);
  mine.remove = () => place.remove();
  try {
    const viewer = new Viewer(place, scan.up ?? [0, 0, 1], NOTHING);
    viewer.setBackground(getComputedStyle(place).backgroundColor);
    let onFirst = (): void => undefined;
    const first = new Promise<void>((resolve) => (onFirst = resolve));
    const { abort } = mine;
    const loaded = viewer.load(manifest, tileSource(mine.scanId), abort.signal, () => onFirst());
    loaded.catch(() => undefined); // The page looks at it.
    mine.view = { viewer, abort, first, loaded };
    const removeHooks = installTestHooks({
      viewer,
      readyAfterMs: () => null,
      pointsTotal: () => manifest.count,
      mode: () => "rgb",
      currentQuery: () => null,
    });
    mine.remove = () => {
      removeHooks();
      place.remove();
    };
  } catch (error) {
    place.remove();
    throw error;
  }
}

/** What the server said of the scan and its tiles, once. */
export function earlyAnswers(scanId: number): Pick<Early, "scan" | "manifest"> | null {
  return early?.scanId === scanId ? early : null;
}

/** The view, if it is there by now. It is the caller's then, to be moved to another place at once. */
export function takeEarlyView(scanId: number): EarlyView | null {
  if (early?.scanId !== scanId) return null;
  const { view, remove } = early;
  early.view = null;
  forget();
  if (view) queueMicrotask(remove);
  return view;
}

/** It will not be looked at after all. */
export function dropEarlyView(): void {
  early?.abort.abort();
  early?.view?.viewer.dispose();
  early?.remove();
  forget();
}

function drop(): void {
  dropEarlyView();
}

function forget(): void {
  early = null;
  window.removeEventListener("hashchange", drop);
}
