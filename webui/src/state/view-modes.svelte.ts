// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which ways of colouring a scan there are just now, why not the others, and what they need fetched or made. */
import { untrack } from "svelte";
import { isAbort, messageOf, scans } from "../api/client";
import type { Channel, ChannelName } from "../api/types";
import { t } from "../i18n";
import { isActive } from "../words";
import type { ChannelSource } from "../viewer/channel";
import { CHANNEL_MODES, type ColorMode } from "../viewer/modes";
import { GUESS_MODES } from "./guesses";
import type { LabelSession } from "./label-session.svelte";
import { LiveLabels } from "./live-labels";
import { toasts } from "./toasts.svelte";

const CHANNELS: Partial<Record<ColorMode, ChannelName>> = {
  intensity: "intensity",
  normals: "normals",
  features: "features",
};

export class ViewModes {
  channels = $state.raw<readonly Channel[]>([]);
  /** Object, class and confidence per record in tile order; null while there are none. */
  objects = $state.raw<Uint8Array | null>(null);
  private asked = $state.raw<ChannelName | null>(null); // Whose making was asked for here.

  /** The answers that name an instance. */
  private readonly numbered = $derived.by(() =>
    this.session.labels.answers.some((a) => a.reply === "class" && a.instance !== null),
  );
  private readonly channel = $derived.by(() => this.channelOf(this.session.mode));
  /** What the view reads for the mode on show; null while it is not there. */
  readonly source = $derived.by<ChannelSource | null>(() => {
    const { channel, objects } = this;
    const { id } = this.session.scan;
    if (this.session.mode === "instances")
      return (
        objects && { fetch: (from, to) => Promise.resolve(objects.subarray(4 * from, 4 * to)) }
      );
    if (channel?.state !== "ready") return null;
    return { fetch: (from, to, signal) => scans.channelBytes(id, channel, from, to, signal) };
  });
  /** The job that makes what the mode on show lacks. */
  readonly making = $derived.by(() => {
    const { channel, session } = this;
    if (channel?.state !== "missing") return null;
    const job = channel.name === "normals" ? session.normals : session.preparation;
    return job && isActive(job) ? job : null;
  });

  /** Call while a component is set up. @param ready whether the first points are there. */
  constructor(
    private readonly session: LabelSession,
    ready: () => boolean,
    records: () => number,
  ) {
    const objects = new LiveLabels(
      {
        fetch: (known, signal) => scans.objects(session.scan.id, records(), known, signal),
        prepare: () => scans.prepare(session.scan.id),
      },
      {
        show: (bytes) => (this.objects = bytes),
        preparing: () => undefined, // The mode cannot be chosen before there are labels.
        failed: (message) => toasts.error(message),
      },
    );
    $effect(() => () => objects.dispose());
    const seen = $derived(ready() && session.mode === "instances");
    const stamp = $derived(
      `${session.scan.dense?.version} ${session.delivered} ${session.preparation?.state}`,
    );
    $effect(() => {
      if (seen && stamp) objects.want();
    });

    // Jobs that end may have made something.
    const made = $derived(
      `${session.preparation?.state} ${session.normals?.state} ${session.scan.has_features}`,
    );
    $effect(() => {
      if (!made) return;
      const request = new AbortController();
      scans.channels(session.scan.id, request.signal).then(
        (channels) => (this.channels = channels),
        (error: unknown) => {
          if (!isAbort(error)) toasts.error(messageOf(error));
        },
      );
      return () => request.abort();
    });
    // What is on show and can be made is made, once.
    $effect(() => {
      const { channel } = this;
      if (channel?.state === "missing") untrack(() => this.make(channel.name));
    });
  }

  channelOf(mode: ColorMode): Channel | null {
    return this.channels.find((c) => c.name === CHANNELS[mode]) ?? null;
  }

  /** Why a mode cannot be chosen now; null if it can. */
  whyNot(mode: ColorMode): string | null {
    const { session } = this;
    if (GUESS_MODES.has(mode) && session.guessesHidden) return t("view.why.hidden");
    const labelled = session.labels.answers.some((a) => a.reply === "class");
    switch (mode) {
      case "prediction":
        if (session.scan.prediction) return null;
        return session.job ? t("say.trainingNow") : t("say.noPrediction");
      case "uncertainty":
        return labelled || session.scan.prediction ? null : t("view.why.nothingGuessed");
      case "instances":
        return this.numbered ? null : t("view.why.noInstances");
      case "intensity":
        return this.channelOf(mode)?.state === "unavailable" ? t("view.why.noIntensity") : null;
      default:
        return null;
    }
  }

  setMode(mode: ColorMode): void {
    const reason = this.whyNot(mode);
    if (reason !== null) toasts.info(reason);
    else this.session.chosenMode = mode;
  }

  /** The scan's own colours, and what lies over them. */
  cycle(): void {
    const modes = (["rgb", "labels", "prediction"] as const).filter((m) => this.whyNot(m) === null);
    const present: readonly ColorMode[] = modes;
    const next = modes[(present.indexOf(this.session.mode) + 1) % modes.length];
    this.setMode(next ?? "rgb");
  }

  /** What is drawn for a mode: the plain scan while something for it is on its way. */
  drawn(mode: ColorMode): ColorMode {
    if (CHANNEL_MODES.has(mode) && !this.source) return "rgb";
    return this.whyNot(mode) === null ? mode : "rgb";
  }

  private make(name: ChannelName): void {
    if (this.asked === name) return;
    this.asked = name;
    scans.makeChannel(this.session.scan.id, name).then(
      (job) => this.session.onJob(job),
      (error: unknown) => toasts.error(messageOf(error)),
    );
  }
}
