// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** One's own note at the point that is shown, while it is written and until it is kept. */

export interface NotedPoint {
  readonly pointIndex: number;
  readonly queryId: number | null; // Null at a free point.
  readonly note: string; // What I noted here so far.
  /** A free point without my answer: its note goes with that; every other one is kept by itself. */
  readonly needsAnswer: boolean;
}

export class NoteDraft {
  writing = $state(false); // The field is open.
  text = $state(""); // Not kept yet; it goes with the next answer here.

  /** @param keepAt keep a note at a point; an empty one removes what is there. */
  constructor(
    private readonly point: () => NotedPoint | null,
    private readonly keepAt: (point: NotedPoint, note: string) => void,
  ) {}

  get needsAnswer(): boolean {
    return this.point()?.needsAnswer === true;
  }

  /** What is to go with an answer; null for nothing. */
  get forAnswer(): string | null {
    return this.text.trim() || null;
  }

  write(): void {
    if (!this.writing) this.text ||= this.point()?.note ?? "";
    this.writing = true;
  }

  /** Close the field without keeping what is in it. */
  leave(): void {
    this.writing = false;
    this.text = "";
  }

  keep(): void {
    const point = this.point();
    const note = this.text.trim();
    this.writing = false;
    if (!point || point.needsAnswer || note === point.note) return;
    this.keepAt(point, note);
    this.leave();
  }
}
