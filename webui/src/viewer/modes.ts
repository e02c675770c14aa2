// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the colour of a point can show. */
export const COLOR_MODES = ["rgb", "labels", "prediction"] as const;
export type ColorMode = (typeof COLOR_MODES)[number];

/** Everything `uMode` of the shader can be, in its order. "channel": the channel's first three bytes are RGB. */
export const DRAWN_MODES = [...COLOR_MODES, "channel"] as const;
export type DrawnMode = (typeof DRAWN_MODES)[number];

/** Modes that read the channel: a tile keeps the look it has until its part of the channel is there. */
export const CHANNEL_MODES: ReadonlySet<DrawnMode> = new Set<DrawnMode>(["channel"]);

export const CHANNEL_BYTES = 4;
