// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Does something soon after it was asked for, once for a crowd of requests, and not more often than every so often. */
export class Soon {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ranAt = -Infinity;
  private disposed = false;

  constructor(
    private readonly run: () => void,
    private readonly everyMs: number,
    private readonly soonMs: number,
  ) {}

  ask(): void {
    if (this.timer !== undefined || this.disposed) return;
    const wait = this.ranAt + this.everyMs - performance.now();
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.did();
        this.run();
      },
      Math.max(this.soonMs, wait),
    );
  }

  /** It was done just now, in some other way. */
  did(): void {
    this.cancel();
    this.ranAt = performance.now();
  }

  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  dispose(): void {
    this.cancel();
    this.disposed = true;
  }
}
