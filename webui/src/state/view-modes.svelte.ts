// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Which ways of colouring a scan there are just now, why not the others, and what they need fetched or made. */
import { untrack } from "svelte";
import { isAbort, messageOf, scans } from "../api/client";
import { recordFiles, type RecordRange, type RecordSource, sourceOf } from "../api/records";
import type { Channel, ChannelName } from "../api/types";
import { t } from "../i18n";
import { isActive } from "../words";
import { type Attribute, attributeOf, type ColorMode, TRUTH_MODES } from "../viewer/modes";
import { GUESS_MODES } from "./guesses";
import type { LabelSession } from "./label-session.svelte";
import { session as signedIn } from "./session.svelte";
import { ShownLabels } from "./shown-labels.svelte";
import { toasts } from "./toasts.svelte";

const CHANNELS: Partial<Record<ColorMode, ChannelName>> = {
  intensity: "intensity",
  normals: "normals",
  features: "features",
};

export class ViewModes {
  channels = $state.raw<readonly Channel[]>([]);
  readonly objects: ShownLabels;
  /** Labels beside the ground truth. */
  readonly agreement: ShownLabels;
  /** The same exactly where the ground truth is; null where there is none, or it is not to be seen. */
  truth = $state<string | null>(null);
  private asked = $state.raw<ChannelName | null>(null); // Whose making was asked for here.

  /** The answers that name an instance. */
  private readonly numbered = $derived.by(() =>
    this.session.labels.answers.some((a) => a.reply === "class" && a.instance !== null),
  );
  private readonly channel = $derived.by(() => this.channelOf(this.session.mode));
  /** What the view reads for the mode on show; null while it is not there. */
  readonly source = $derived.by<RecordSource | null>(() => {
    const { channel } = this;
    if (this.session.mode === "instances") return this.objects.newest?.source ?? null;
    if (channel?.state !== "ready") return null;
    return sourceOf(recordFiles.channel(this.session.scan.id, channel));
  });
  /** What the view reads for a mode that shows the ground truth; null while it is not there. */
  readonly truthSource = $derived.by<RecordSource | null>(() => {
    const { session, truth } = this;
    if (truth === null || this.whyNot(session.mode) !== null) return null;
    if (session.mode === "agreement") return this.agreement.newest?.source ?? null;
    if (session.mode !== "truth") return null;
    const onOutdated = (): void => void this.readTruth();
    return sourceOf(recordFiles.truth(session.scan.id), { version: `"${truth}"`, onOutdated });
  });
  /** The job that makes what the mode on show lacks. */
  readonly making = $derived.by(() => {
    const { channel, session } = this;
    if (channel?.state !== "missing") return null;
    const job = channel.name === "normals" ? session.normals : session.preparation;
    return job && isActive(job) ? job : null;
  });

  /**
   * Call while a component is set up.
   *
   * @param ready whether the first points are there. @param foremost the records whose objects are best asked for first.
   */
  constructor(
    private readonly session: LabelSession,
    ready: () => boolean,
    foremost: (name: Attribute) => readonly RecordRange[],
  ) {
    this.objects = new ShownLabels(
      session,
      recordFiles.objects(session.scan.id),
      () => ready() && session.mode === "instances",
      () => foremost("channel"),
    );
    this.agreement = new ShownLabels(
      session,
      recordFiles.agreement(session.scan.id),
      () => ready() && session.mode === "agreement" && this.whyNot("agreement") === null,
      () => foremost("label"),
    );
    // Labels of files were taken or taken back, or the class list is another one.
    const truthMayDiffer = $derived(
      `${session.labelling?.id} ${session.labelling?.state} ${session.project.classes.map((c) => c.name).join("\n")}`,
    );
    $effect(() => {
      if (truthMayDiffer && signedIn.isLead) untrack(() => void this.readTruth());
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
      case "truth":
      case "agreement":
        if (!signedIn.isLead) return t("view.why.leadsOnly");
        if (this.truth === null) return t("view.why.noTruth");
        return mode === "truth" || labelled ? null : t("view.why.nothingGuessed");
      case "intensity":
        return this.channelOf(mode)?.state === "unavailable" ? t("view.why.noIntensity") : null;
      default:
        return null;
    }
  }

  /** Whether there is any use in a mode for this person and scan. */
  offers(mode: ColorMode): boolean {
    return !TRUTH_MODES.has(mode) || this.truth !== null;
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
    if (attributeOf(mode) === "channel" && !this.source) return "rgb";
    return this.whyNot(mode) === null ? mode : "rgb";
  }

  private async readTruth(): Promise<void> {
    try {
      this.truth = (await scans.truth(this.session.scan.id)).version;
    } catch (error) {
      toasts.error(messageOf(error));
    }
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
