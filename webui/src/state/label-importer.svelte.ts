// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What somebody decides about labels that came with files, and what the server says it would do. */
import { isAbort, messageOf } from "../api/client";
import {
  type LabelField,
  type LabelFields,
  type LabelImport,
  type LabelImportOptions,
  type LabelImportPlan,
  labelImports,
  type LabelValue,
  type Suggestion,
  type Target,
} from "../api/label-imports";
import type { LabelClass } from "../api/types";
import { type ClassMapping, classMapping, toJson, withClass } from "../util/class-mapping";
import { uuid } from "../util/uuid";

const LOOK_AGAIN_MS = 300;
const SETTLED_MS = 250;
const MOST_IDS = 1000;

export class LabelImporter {
  fields = $state.raw<LabelFields | null>(null);
  field = $state.raw<LabelField | null>(null);
  rule = $state<Suggestion["rule"] | "own">("own");
  mapping = $state.raw<ClassMapping | null>(null);
  target = $state<Target>("answers");
  all = $state(false);
  perClass = $state(20);
  plan = $state.raw<LabelImportPlan | null>(null);
  past = $state.raw<readonly LabelImport[]>([]);
  error = $state<string | null>(null);
  busy = $state(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked: AbortController | null = null;
  private clientId = uuid();
  private closed = false;

  constructor(
    private readonly projectId: number,
    private readonly classes: readonly LabelClass[],
    private readonly scanIds: readonly number[] | null,
  ) {}

  /** The values that the mapping is about. */
  get values(): readonly LabelValue[] {
    if (!this.field || !this.mapping) return [];
    return (this.mapping.packed ? this.field.low_values : null) ?? this.field.values ?? [];
  }

  get suggestion(): Suggestion | null {
    return this.field?.suggestions.find(({ rule }) => rule === this.rule) ?? null;
  }

  get mapped(): boolean {
    return this.mapping?.values.some((entry) => entry.class !== null) ?? false;
  }

  async open(): Promise<void> {
    void this.readPast();
    try {
      do {
        // An address holds so many ids; of more scans, the fields are those of the project.
        const some = (this.scanIds?.length ?? 0) <= MOST_IDS ? this.scanIds : null;
        const found = await labelImports.fields(this.projectId, some);
        if (this.closed) return;
        this.fields = found;
        // More scans may have been counted: the same field again, with all of them.
        const same = found.fields.find(({ name }) => name === this.field?.name);
        if (same) this.field = same;
        else if (found.fields[0]) this.choose(found.fields[0].name);
        if (found.waiting > 0) await new Promise((go) => setTimeout(go, LOOK_AGAIN_MS));
      } while (this.fields.waiting > 0 && !this.closed);
    } catch (reason) {
      this.error = messageOf(reason);
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.asked?.abort();
  }

  choose(name: string): void {
    this.field = this.fields?.fields.find((field) => field.name === name) ?? null;
    this.all = this.field?.sparse ?? false;
    const best = this.field?.suggestions[0];
    if (best) this.follow(best.rule);
    else this.clear();
  }

  /** Take over what a rule suggests. */
  follow(rule: Suggestion["rule"]): void {
    const found = this.field?.suggestions.find((one) => one.rule === rule);
    if (!found) return;
    this.take(classMapping(this.classes)(found.mapping), rule);
  }

  /** Ignore every value, to begin from nothing. */
  clear(): void {
    const { field } = this;
    if (!field) return;
    const values = (field.values ?? []).map(({ value, name }) => ({
      value,
      class: null,
      name: name ?? null,
    }));
    this.take({ field: field.name, packed: false, instance: null, values }, "own");
  }

  setClass(value: number, name: string | null): void {
    if (this.mapping) this.take(withClass(this.mapping, value, name), "own");
  }

  setInstance(name: string): void {
    if (!this.mapping) return;
    const other = this.fields?.fields.find((field) => field.name === name);
    const low = Math.min(0, ...(other?.values?.map(({ value }) => value) ?? [0]));
    const instance = other ? { field: name, none: low < 0 ? -1 : 0 } : null;
    this.take({ ...this.mapping, instance }, this.rule);
  }

  /** Take over a file. The server looks at it first: it says what is wrong with it. */
  async upload(file: File): Promise<void> {
    this.error = null;
    try {
      const raw: unknown = JSON.parse(await file.text());
      await labelImports.preview(this.projectId, {
        ...this.options(),
        mapping: raw as Record<string, unknown>, // Whatever it is, the server checks it.
      });
      const mapping = classMapping(this.classes)(raw);
      this.field = this.fields?.fields.find(({ name }) => name === mapping.field) ?? this.field;
      this.take(mapping, "own");
    } catch (reason) {
      this.error = `${file.name}: ${messageOf(reason)}`;
    }
  }

  json(): string {
    return JSON.stringify(this.mapping ? toJson(this.mapping) : {}, null, 2) + "\n";
  }

  /** What would happen now; asked for once things have settled. */
  ask(): void {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.plan = null;
    this.error = null;
    if (!this.mapped) return;
    const asked = new AbortController();
    this.asked = asked;
    this.timer = setTimeout(() => {
      labelImports.preview(this.projectId, this.options(), asked.signal).then(
        (found) => (this.plan = found),
        (reason: unknown) => {
          if (!isAbort(reason)) this.error = messageOf(reason);
        },
      );
    }, SETTLED_MS);
  }

  async start(): Promise<LabelImport | null> {
    this.busy = true;
    this.error = null;
    try {
      const options = { ...this.options(), client_id: this.clientId };
      const started = await labelImports.start(this.projectId, options);
      this.clientId = uuid();
      await this.readPast();
      return started;
    } catch (reason) {
      this.error = messageOf(reason);
      return null;
    } finally {
      this.busy = false;
    }
  }

  async undo(one: LabelImport): Promise<boolean> {
    this.busy = true;
    try {
      await labelImports.undo(one.id);
      await this.readPast();
      this.ask();
      return true;
    } catch (reason) {
      this.error = messageOf(reason);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Read the newest imports; again while one of them runs. */
  private async readPast(): Promise<void> {
    try {
      this.past = await labelImports.newest(this.projectId);
    } catch (reason) {
      this.error = messageOf(reason);
      return;
    }
    const active = this.past.some(({ state }) => state === "queued" || state === "running");
    if (active && !this.closed) setTimeout(() => void this.readPast(), LOOK_AGAIN_MS);
  }

  private take(mapping: ClassMapping, rule: Suggestion["rule"] | "own"): void {
    this.mapping = mapping;
    this.rule = rule;
    this.ask();
  }

  private options(): LabelImportOptions {
    return {
      mapping: this.mapping ? toJson(this.mapping) : {},
      target: this.target,
      per_class: this.all ? null : this.perClass,
      scan_ids: this.scanIds && [...this.scanIds],
    };
  }
}
