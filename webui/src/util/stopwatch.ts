// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Seconds someone looked at a point. Stands still while the tab is hidden. */
export class Stopwatch {
  private elapsedMs = 0;
  private since: number | null = null;

  constructor(private readonly now: () => number = () => performance.now()) {}

  restart(running: boolean): void {
    this.elapsedMs = 0;
    this.since = running ? this.now() : null;
  }

  setRunning(running: boolean): void {
    if (running && this.since === null) this.since = this.now();
    else if (!running && this.since !== null) {
      this.elapsedMs += this.now() - this.since;
      this.since = null;
    }
  }

  get seconds(): number {
    const ms = this.elapsedMs + (this.since === null ? 0 : this.now() - this.since);
    return Math.round(ms / 10) / 100;
  }
}
