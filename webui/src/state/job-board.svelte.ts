// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The jobs of a project as far as people look at them: what is under way, counted, and the newest that are over. */
import { messageOf, projects } from "../api/client";
import type { Job, JobGroup } from "../api/types";
import { Soon } from "../util/soon";
import { isActive } from "../words";
import { toasts } from "./toasts.svelte";

const ACTIVE_SHOWN = 30;
const OVER_SHOWN = 20;
const READ_EVERY_MS = 2000;
const READ_SOON_MS = 300;

export class JobBoard {
  jobs = $state.raw<readonly Job[]>([]); // What runs, what waits, then what is over, the newest first.
  groups = $state.raw<readonly JobGroup[]>([]);
  trainings = $state.raw<readonly Job[]>([]); // The newest first.
  over = $state(0); // How many are over in all.
  overShown = $state(OVER_SHOWN);

  readonly underWay = $derived(this.groups.reduce((sum, g) => sum + g.queued + g.running, 0));

  private readonly again = new Soon(() => void this.readAgain(), READ_EVERY_MS, READ_SOON_MS);
  private disposed = false;

  constructor(private readonly projectId: number) {}

  dispose(): void {
    this.disposed = true;
    this.again.dispose();
  }

  async read(): Promise<void> {
    this.again.did();
    const id = this.projectId;
    const [active, over, groups, trainings] = await Promise.all([
      projects.jobs(id, { active: true, offset: 0, limit: ACTIVE_SHOWN }),
      projects.jobs(id, { active: false, offset: 0, limit: this.overShown }),
      projects.jobGroups(id),
      projects.trainings(id),
    ]);
    if (this.disposed) return;
    // A job that ended between the two answers is in both; that it is over is the newer news.
    const ended = new Set(over.items.map((job) => job.id));
    this.jobs = [...active.items.filter((job) => !ended.has(job.id)), ...over.items];
    this.over = over.total;
    this.groups = groups;
    this.trainings = trainings;
  }

  readSoon(): void {
    this.again.ask();
  }

  /** Jobs are as they are now. */
  put(changed: Iterable<Job>): void {
    const byId = new Map(this.jobs.map((job) => [job.id, job]));
    for (const job of changed) byId.set(job.id, job);
    const all = [...byId.values()].sort(byInterest);
    const trainings = new Map(this.trainings.map((job) => [job.id, job]));
    for (const job of changed) if (job.kind === "finetune") trainings.set(job.id, job);
    this.trainings = [...trainings.values()].sort((a, b) => b.id - a.id);
    const active = all.filter(isActive);
    const over = all.filter((job) => !isActive(job));
    this.jobs = [...active.slice(0, 2 * ACTIVE_SHOWN), ...over.slice(0, this.overShown)];
    this.readSoon(); // The numbers.
  }

  async showMore(): Promise<void> {
    this.overShown = Math.min(this.overShown + 50, 500);
    await this.readAgain();
  }

  async cancelGroup({ kind, batch }: Pick<JobGroup, "kind" | "batch">): Promise<void> {
    await projects.cancelJobs(this.projectId, kind, batch);
    await this.readAgain();
  }

  private async readAgain(): Promise<void> {
    try {
      await this.read();
    } catch (error) {
      if (!this.disposed) toasts.error(messageOf(error));
    }
  }
}

function rank(job: Job): number {
  if (!isActive(job)) return 3;
  if (job.state === "running") return 0;
  return job.kind === "finetune" || job.kind === "export" ? 1 : 2;
}

/** What runs, then what waits in its turn, then what is over, the newest first; as the server has it. */
export function byInterest(a: Job, b: Job): number {
  const [first, second] = [rank(a), rank(b)];
  if (first !== second) return first - second;
  return first === 3 ? b.id - a.id : a.id - b.id;
}
