// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which markers the view shows for what is known. */
import type { LabelClass, Query, Triple } from "../api/types";
import { rgbOf } from "../util/color";
import type { Marker } from "../viewer/markers";
import type { ColorMode } from "../viewer/modes";
import type { Labels } from "./queue";

const QUERY_COLOR: Triple = [255, 209, 47];
const PICKED_COLOR: Triple = [110, 220, 255];
const NO_CLASS_COLOR: Triple = [190, 198, 208];

export function markersFor(
  labels: Labels,
  classes: readonly LabelClass[],
  query: Query | null,
  picked: { position: Triple } | null,
  mode: ColorMode,
): Marker[] {
  const colors = new Map(classes.map((c) => [c.index, rgbOf(c.color)]));
  const markers: Marker[] = [];
  // The ring first: an answer inside it stays in view.
  if (query && !picked)
    markers.push({ kind: "query", position: query.position, color: QUERY_COLOR });
  if (picked) markers.push({ kind: "picked", position: picked.position, color: PICKED_COLOR });
  if (mode === "labels") {
    for (const q of labels.queries)
      if (q.state === "open" && q.id !== query?.id)
        markers.push({ kind: "open", position: q.position, color: QUERY_COLOR });
    for (const a of labels.answers) {
      const color = a.class_index === null ? undefined : colors.get(a.class_index);
      markers.push({
        kind: color ? "answer" : "no-class",
        position: a.position,
        color: color ?? NO_CLASS_COLOR,
      });
    }
  }
  return markers;
}
