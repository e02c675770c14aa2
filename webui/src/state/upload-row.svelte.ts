// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** One file of the list of uploads. */
import type {
  ArchiveTable,
  Finding,
  Fixes,
  Preflight,
  TextLayout,
  TextTable,
  Upload,
  UploadScan,
} from "../api/types";
import type { Layouts } from "../api/upload";
import type { FoundFile } from "../util/scan-files";
import { sameLayout, saidAlike } from "../util/text-table";

/**
 * `packing`: several files are read once, for what an archive says of them. `absent`: begun before, and the file must
 * be chosen again. `asking`: somebody has to say whether it is sent, or imported. `refused`: no scan is in it. `failed`: something else went wrong, perhaps not the next time.
 */
export type RowState =
  | "waiting"
  | "packing"
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

/**
 * Of what was said about a text table: `settled`: the check has seen it. `checking`: it will, or does. `refused`: it
 * contradicts itself, or the server could not be asked; the check before it stands.
 */
export type LayoutState = "settled" | "checking" | "refused";

const NO_FIXES: Fixes = {
  unit: null,
  up: null,
  drop_duplicates: false,
  thin_to: null,
  unaligned: false,
};

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

function sameFix({ code, fix }: Finding): (other: Finding) => boolean {
  const wanted = JSON.stringify([code, fix]);
  return (other) => JSON.stringify([other.code, other.fix]) === wanted;
}

function toldOf(tables: readonly ArchiveTable[]): Layouts {
  return Object.fromEntries(
    tables.flatMap(({ member, said, table }) =>
      said && table.layout ? [[member, table.layout]] : [],
    ),
  );
}

export class UploadRow {
  state = $state<RowState>("waiting");
  sent = $state(0); // Bytes that have arrived, or are on their way.
  error = $state<string | null>(null);
  upload = $state.raw<Upload | null>(null);
  file: File | null = null;
  parts: readonly FoundFile[] = []; // Files that are sent as one; none where it is a single one.
  read = $state(0); // Bytes of them that were read while packing.
  fixes = $state.raw<Fixes>(NO_FIXES); // Made when it is imported.
  layout = $state.raw<TextLayout | null>(null); // As it is shown: said, else what the check saw.
  layoutState = $state<LayoutState>("settled");
  layoutError = $state<string | null>(null);
  /** Of an archive: what is said of its text tables, by the member that names them. */
  told = $state.raw<Layouts>({});
  asked = $state<string | null>(null); // The tables of which something was said last.
  recheck: AbortController | null = null;
  private detected: TextTable | null = null; // The table before anything was said of it.
  private kind: string | null = null;
  private suggestedFor: string | null = null; // The report whose suggestions were taken over.
  private decided: Partial<Fixes> = {}; // By somebody, and not by a suggestion.
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
    this.layout = upload.text_table?.layout ?? null;
    this.told = toldOf(upload.tables);
    if (!upload.options.text) this.detected = this.table;
    if (this.reports.length === 0) return;
    const report = JSON.stringify(this.reports);
    if (report === this.suggestedFor) return;
    this.suggestedFor = report;
    this.kind = kindOf(this);
    let fixes = NO_FIXES;
    for (const { fix, suggested } of this.offers) if (suggested) fixes = { ...fixes, ...fix };
    fixes = { ...fixes, ...this.decided };
    // Twins are only left out where they are shown to be some.
    if (!this.offers.some(({ fix }) => fix?.drop_duplicates)) fixes.drop_duplicates = false;
    this.fixes = fixes;
  }

  /** What can be fixed of what was found. */
  get offers(): Finding[] {
    return this.findings.filter(({ fix }) => fix !== null);
  }

  hasFix(fix: Partial<Fixes>): boolean {
    return Object.entries(fix).every(([name, value]) => this.fixes[name as keyof Fixes] === value);
  }

  /** Whether anything of the file changes on import. */
  get fixed(): boolean {
    const { unaligned, ...changes } = this.fixes;
    const aligned = !unaligned && this.findings.some(({ code }) => code === "aligned");
    return aligned || Object.values(changes).some((value) => value !== null && value !== false);
  }

  setFix(fix: Partial<Fixes>, on: boolean): void {
    const names = Object.keys(fix) as (keyof Fixes)[];
    const without = Object.fromEntries(names.map((name) => [name, NO_FIXES[name]]));
    this.decided = { ...this.decided, ...(on ? fix : without) };
    this.fixes = { ...this.fixes, ...(on ? fix : without) };
  }

  /** Decide what was decided of another file. */
  takeFixes(fixes: Fixes): void {
    this.fixes = this.decided = fixes;
  }

  /** The text file as a table; null where no layout would be of use. */
  get table(): TextTable | null {
    return this.upload?.text_table ?? null;
  }

  /** The text tables of an archive, those that look alike together. */
  get tables(): readonly ArchiveTable[] {
    return this.upload?.tables ?? [];
  }

  /** Say how the tables of an archive that `member` names are laid out; null: as detected. */
  tell(member: string, layout: TextLayout | null): void {
    this.asked = member;
    const { [member]: _, ...others } = this.told;
    this.told = layout ? { ...others, [member]: layout } : others;
  }

  /** Whether somebody may say how the text is laid out: also where it could not be read so far. */
  get tellable(): boolean {
    const some = this.table !== null || this.tables.length > 0;
    return some && (this.state === "asking" || this.state === "refused");
  }

  /** The layout of this file, for another one; null where that is of another kind, or has it. */
  layoutFor(other: UploadRow): TextLayout | null {
    if (!this.layout || !this.detected || !other.detected || !other.tellable) return null;
    const said = saidAlike(this.layout, this.detected, other.detected);
    return said && !sameLayout(said, other.layout) ? said : null;
  }

  /** Whether the same was found in another file, so that the same may be decided. */
  isLike(other: UploadRow): boolean {
    return this.kind !== null && this.kind === other.kind;
  }

  get preflight(): Preflight | null {
    return this.upload?.preflight ?? null;
  }

  /** The scans of an archive that holds several. */
  get several(): readonly UploadScan[] {
    const scans = this.upload?.scans ?? [];
    return scans.length > 1 ? scans : [];
  }

  /** Of each scan in it that was looked at. */
  get reports(): Preflight[] {
    const { preflight } = this;
    if (preflight) return [preflight];
    return this.several.flatMap((scan) => scan.preflight ?? []);
  }

  /** Of several scans, only what can be fixed of all of them alike. */
  get findings(): Finding[] {
    const [first, ...others] = this.reports;
    if (!first || this.preflight) return first?.findings ?? [];
    return first.findings.filter(
      (finding) => finding.fix && others.every(({ findings }) => findings.some(sameFix(finding))),
    );
  }

  /** What speaks against importing it without a look. */
  get doubts(): Finding[] {
    return this.findings.filter(({ severity }) => severity !== "info");
  }

  get twins(): readonly string[] {
    return this.upload?.twins ?? [];
  }

  get nothingFound(): boolean {
    const looked = this.preflight ? 1 : this.several.length;
    return (
      looked > 0 &&
      this.reports.length === looked &&
      this.reports.every(({ findings }) => findings.every(({ severity }) => severity === "info")) &&
      this.twins.length === 0
    );
  }

  /** Something of it happens by itself, now or in its turn. */
  get running(): boolean {
    return [
      "waiting",
      "packing",
      "starting",
      "sending",
      "offline",
      "checking",
      "importing",
    ].includes(this.state);
  }
}
