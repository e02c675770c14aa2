// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What a label page shows: which query, and by what the points are coloured, as chosen and as far as it may be seen. */
import type { Query } from "../api/types";
import type { ColorMode } from "../viewer/modes";
import { GUESS_MODES, hidesGuesses } from "./guesses";
import { LabelData } from "./label-data.svelte";
import { automaticMode } from "./shown-mode";

export class LabelModes extends LabelData {
  current = $state(-1);
  chosenMode = $state<ColorMode | null>(null); // Null until somebody chooses.
  /** Whose confidence "uncertainty" shows; null until somebody chooses. */
  chosenPairs = $state<"labels" | "prediction" | null>(null);
  peeking = $state(false);

  readonly query = $derived<Query | null>(this.labels.queries[this.current] ?? null);
  /** What is to be shown as soon as it may be. */
  readonly wantedMode = $derived<ColorMode>(
    this.chosenMode ?? automaticMode(this.scan, this.labels.answers),
  );
  /** What machines take points to be is not to be seen now. */
  readonly guessesHidden = $derived(hidesGuesses(this.project, this.query, this.userName));
  readonly mode = $derived<ColorMode>(
    this.guessesHidden && GUESS_MODES.has(this.wantedMode) ? "rgb" : this.wantedMode,
  );
  /** Whose classes and confidences the view has. */
  readonly pairsOf = $derived<"labels" | "prediction">(
    !this.scan.prediction || this.mode === "labels"
      ? "labels"
      : this.mode === "prediction"
        ? "prediction"
        : (this.chosenPairs ??
          (automaticMode(this.scan, this.labels.answers) === "prediction"
            ? "prediction"
            : "labels")),
  );
  protected readonly showsPrediction = $derived(
    this.mode === "prediction" || (this.mode === "uncertainty" && this.pairsOf === "prediction"),
  );
  readonly shownMode = $derived<ColorMode>(this.peeking ? "rgb" : this.mode);

  protected override scanChanged(): void {
    if (!this.scan.prediction && this.chosenMode === "prediction") this.chosenMode = null;
  }
}
