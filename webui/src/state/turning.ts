// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Taking answers back and giving them again. What the server never saw is taken out of the outbox and given again from
 * here; everything else is an event that the server is asked for, so that it works over page loads, too.
 */
import type { GivenAnswer } from "./outbox-entries";

/** What of a label page this needs. */
export interface TurningPage {
  /** Ask for the newest answer to be taken back; resolves with it if the server never saw it. */
  takeBack: () => Promise<GivenAnswer | null>;
  tookBack: (answer: GivenAnswer) => void;
  giveAgain: (answer: GivenAnswer) => void;
  askAgain: () => void;
}

export class Turning {
  private back: (GivenAnswer | null)[] = []; // Null: the server took it back.
  private round = 0; // Ends with every new answer.
  private done: Promise<void> = Promise.resolve();

  constructor(private readonly page: TurningPage) {}

  /** A new answer was given: nothing can be given again any more. */
  answered(): void {
    this.back = [];
    this.round++;
  }

  undo(): Promise<void> {
    const { round } = this;
    const asked = this.page.takeBack(); // At once: its place among the answers counts.
    this.done = this.done.then(async () => {
      const taken = await asked;
      if (round === this.round) this.back.push(taken);
      if (taken) this.page.tookBack(taken);
    });
    return this.done;
  }

  redo(): Promise<void> {
    this.done = this.done.then(() => {
      const last = this.back.pop();
      if (last) this.page.giveAgain(last);
      else this.page.askAgain();
    });
    return this.done;
  }
}
