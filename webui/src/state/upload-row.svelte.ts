// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** One file of the list of uploads. */
import type { Finding, Fixes, Preflight, Upload } from "../api/types";

/**
 * `absent`: begun before, and the file must be chosen again. `asking`: somebody has to say whether it is sent, or
 * imported. `refused`: no scan is in it. `failed`: something else went wrong, perhaps not the next time.
 */
export type RowState =
  | "waiting"
  | "starting"
  | "sending"
  | "offline"
  | "checking"
  | "importing"
  | "asking"
  | "absent"
  | "refused"
  | "failed"
  | "done";

const NO_FIXES: Fixes = { unit: null, up: null, drop_duplicates: false, thin_to: null };

/** What a file has to be decided about, as a text to compare. */
function kindOf(row: UploadRow): string {
  const { preflight } = row;
  return JSON.stringify([
    preflight?.unit,
    preflight?.up_axis,
    preflight?.up_sign,
    row.findings.filter(({ fix, severity }) => fix || severity !== "info").map(({ code }) => code),
  ]);
}

export class UploadRow {
  state = $state<RowState>("waiting");
  sent = $state(0); // Bytes that have arrived, or are on their way.
  error = $state<string | null>(null);
  upload = $state.raw<Upload | null>(null);
  file: File | null = null;
  fixes = $state.raw<Fixes>(NO_FIXES); // Made when it is imported.
  private kind: string | null = null;
  private suggestedFor: string | null = null; // The report whose suggestions were taken over.
  insisted = false; // Somebody has seen what there is to ask.
  abort: AbortController | null = null;
  hash: Promise<string | null> | null = null; // Of the whole file, under way while it is sent.

  constructor(
    readonly id: number,
    readonly path: string,
    readonly name: string,
    readonly size: number,
  ) {}

  take(upload: Upload): void {
    this.upload = upload;
    this.sent = upload.received;
    const report = upload.preflight && JSON.stringify(upload.preflight);
    if (report === null || report === this.suggestedFor) return;
    this.suggestedFor = report;
    this.kind = kindOf(this);
    let fixes = NO_FIXES;
    for (const { fix, suggested } of this.offers) if (suggested) fixes = { ...fixes, ...fix };
    this.fixes = fixes;
  }

  /** What can be fixed of what was found. */
  get offers(): Finding[] {
    return this.preflight?.findings.filter(({ fix }) => fix !== null) ?? [];
  }

  hasFix(fix: Partial<Fixes>): boolean {
    return Object.entries(fix).every(([name, value]) => this.fixes[name as keyof Fixes] === value);
  }

  /** Whether anything of the file changes on import. */
  get fixed(): boolean {
    return Object.values(this.fixes).some((value) => value !== null && value !== false);
  }

  setFix(fix: Partial<Fixes>, on: boolean): void {
    const names = Object.keys(fix) as (keyof Fixes)[];
    const without = Object.fromEntries(names.map((name) => [name, NO_FIXES[name]]));
    this.fixes = { ...this.fixes, ...(on ? fix : without) };
  }

  /** Whether the same was found in another file, so that the same may be decided. */
  isLike(other: UploadRow): boolean {
    return this.kind !== null && this.kind === other.kind;
  }

  get preflight(): Preflight | null {
    return this.upload?.preflight ?? null;
  }

  get findings(): Finding[] {
    return this.preflight?.findings ?? [];
  }

  /** What speaks against importing it without a look. */
  get doubts(): Finding[] {
    return this.findings.filter(({ severity }) => severity !== "info");
  }

  get twins(): readonly string[] {
    return this.upload?.twins ?? [];
  }

  get nothingFound(): boolean {
    return this.preflight !== null && this.doubts.length === 0 && this.twins.length === 0;
  }

  /** Something of it happens by itself, now or in its turn. */
  get running(): boolean {
    return ["waiting", "starting", "sending", "offline", "checking", "importing"].includes(
      this.state,
    );
  }
}
