// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type Clock, Outbox, type OutboxStatus, type Outcome, type Result } from "./outbox";
import { DatabaseStore, type OutboxStore } from "./outbox-db";
import { clientIdOf, type GivenAnswer, type Operation } from "./outbox-entries";
import { type KeyValue, moveOldEntries } from "./outbox-storage";
import type { Tabs } from "./outbox-tabs";

const answer = (point: number, scanId = 7): GivenAnswer => ({
  kind: "answer",
  scanId,
  body: {
    client_id: `id-${point}`,
    query_id: null,
    point_index: point,
    reply: "class",
    class_index: 1,
    instance: null,
    seconds: 1.5,
    checkpoint_id: null,
    note: null,
  },
  position: [point, 0, 0],
});

/** A server that keeps each client id once, in the order first seen, and fails as told. */
class FakeServer {
  readonly kept: string[] = [];
  readonly received: string[] = [];
  outcomes: Outcome[] = [];
  loseReplies = 0;
  gate: Promise<void> = Promise.resolve();

  readonly transmit = async (operation: Operation): Promise<Outcome> => {
    await this.gate;
    const id = clientIdOf(operation);
    const outcome = this.outcomes.shift();
    if (outcome) return outcome;
    this.received.push(id);
    if (!this.kept.includes(id)) this.kept.push(id);
    if (this.loseReplies > 0) {
      this.loseReplies--;
      return { kind: "retry", offline: true };
    }
    if (operation.kind === "undo")
      return { kind: "sent", result: { undone: { undone: null, query_id: null } } };
    return { kind: "sent" };
  };
}

/** The tabs of one browser: a lock, and a channel that copies what it carries. */
class FakeBrowser {
  private last: Promise<void> = Promise.resolve();
  private readonly ears = new Map<Tabs, (message: unknown) => void>();

  tab(): Tabs {
    const tab: Tabs = {
      alone: (work) => {
        const mine = this.last.then(work);
        this.last = mine.catch(() => undefined);
        return mine;
      },
      tell: (message) => {
        for (const [other, hear] of this.ears)
          if (other !== tab) queueMicrotask(() => hear(structuredClone(message)));
      },
      listen: (hear) => this.ears.set(tab, hear),
      close: () => this.ears.delete(tab),
    };
    return tab;
  }
}

let disk: IDBFactory;
let browser: FakeBrowser;
let tabs = 0;

interface Options {
  server?: FakeServer;
  store?: OutboxStore;
  userId?: number;
  before?: (store: OutboxStore) => Promise<void>;
}

function page({ server = new FakeServer(), store, userId = 1, before }: Options = {}) {
  const waits: number[] = [];
  const statuses: OutboxStatus[] = [];
  const sent: { id: string; result: Result; mine: boolean }[] = [];
  const refused: string[] = [];
  const added: string[] = [];
  let troubles = 0;
  const clock: Clock = {
    random: () => 0.5,
    wait: (ms) => {
      waits.push(ms);
      return { done: Promise.resolve(), wake: () => undefined };
    },
  };
  const outbox = new Outbox(
    store ?? new DatabaseStore(userId, disk),
    browser.tab(),
    `tab-${++tabs}`,
    server.transmit,
    {
      changed: (status) => statuses.push(status),
      sent: (operation, result, mine) => sent.push({ id: clientIdOf(operation), result, mine }),
      refused: (_, message) => refused.push(message),
      trouble: () => troubles++,
      added: (operation) => added.push(clientIdOf(operation)),
    },
    clock,
    before,
  );
  const last = (): OutboxStatus | undefined => statuses.at(-1);
  return { outbox, server, waits, statuses, sent, refused, added, last, troubles: () => troubles };
}

const onDisk = (userId = 1) => new DatabaseStore(userId, disk).load();
const forever = new Promise<void>(() => undefined);
const saved = (p: ReturnType<typeof page>) =>
  vi.waitFor(() => expect(p.last()).toEqual({ state: "saved", waiting: 0, keeping: 0, unkept: 0 }));

beforeEach(() => {
  disk = new IDBFactory();
  browser = new FakeBrowser();
});

describe("outbox", () => {
  it("sends in the order made and empties its storage", async () => {
    const p = page();
    for (const point of [5, 3, 9]) p.outbox.add(answer(point));
    await saved(p);
    expect(p.server.kept).toEqual(["id-5", "id-3", "id-9"]);
    expect(await onDisk()).toEqual([]);
  });

  it("says that it is keeping an answer until that is on disk, and sends nothing before", async () => {
    const real = new DatabaseStore(1, disk);
    let store: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => (store = resolve));
    const slow: OutboxStore = {
      load: () => real.load(),
      add: async (operation, tab) => {
        await stored;
        return real.add(operation, tab);
      },
      claim: (seq) => real.claim(seq),
      remove: (seq) => real.remove(seq),
      takeBack: (seq) => real.takeBack(seq),
    };
    const p = page({ store: slow });
    await p.outbox.ready;
    p.outbox.add(answer(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(p.last()).toMatchObject({ waiting: 1, keeping: 1 });
    expect(p.server.received).toEqual([]);
    store();
    await saved(p);
    expect(p.server.kept).toEqual(["id-1"]);
  });

  it("tries again with growing waits and never passes an entry that failed", async () => {
    const p = page();
    p.server.outcomes = Array.from(
      { length: 7 },
      () => ({ kind: "retry", offline: true }) as const,
    );
    p.outbox.add(answer(1));
    p.outbox.add(answer(2));
    await saved(p);
    expect(p.server.kept).toEqual(["id-1", "id-2"]);
    expect(p.waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
    expect(p.statuses.map((s) => s.state)).toContain("offline");
  });

  it("is kept once by the server even when the reply was lost", async () => {
    const p = page();
    p.server.loseReplies = 2;
    p.outbox.add(answer(1));
    await saved(p);
    expect(p.server.received).toEqual(["id-1", "id-1", "id-1"]);
    expect(p.server.kept).toEqual(["id-1"]);
  });

  it("sends what an earlier page left behind, before anything new", async () => {
    const dead = new FakeServer();
    dead.gate = forever;
    const first = page({ server: dead });
    first.outbox.add(answer(1));
    first.outbox.add(answer(2));
    await vi.waitFor(async () => expect(await onDisk()).toHaveLength(2));
    browser = new FakeBrowser(); // That page was closed, and with it its lock.
    const p = page();
    p.outbox.add(answer(3));
    await p.outbox.ready;
    expect(p.outbox.pending(7).map(clientIdOf)).toEqual(["id-1", "id-2", "id-3"]);
    await saved(p);
    expect(p.server.kept).toEqual(["id-1", "id-2", "id-3"]);
    expect(await onDisk()).toEqual([]);
  });

  it("keeps another person's unsent answers for that person", async () => {
    await new DatabaseStore(2, disk).add(answer(8), "elsewhere");
    const p = page();
    p.outbox.add(answer(1));
    await saved(p);
    expect(p.server.received).toEqual(["id-1"]);
    expect(await onDisk(2)).toHaveLength(1);
  });

  it("drops what the server refuses for good, says so and goes on", async () => {
    const p = page();
    p.server.outcomes = [{ kind: "refused", message: "Scan 7 was deleted." }];
    p.outbox.add(answer(1));
    p.outbox.add(answer(2));
    await saved(p);
    expect(p.refused).toEqual(["Scan 7 was deleted."]);
    expect(p.server.kept).toEqual(["id-2"]);
    expect(await onDisk()).toEqual([]);
  });

  it("keeps everything while signed out and goes on after signing in", async () => {
    const p = page();
    p.server.outcomes = [{ kind: "signed-out" }];
    p.outbox.add(answer(1));
    await vi.waitFor(() => expect(p.last()?.state).toBe("signed-out"));
    p.outbox.add(answer(2));
    await vi.waitFor(async () => expect(await onDisk()).toHaveLength(2));
    expect(p.last()?.state).toBe("signed-out");
    p.outbox.retryNow();
    await saved(p);
    expect(p.server.kept).toEqual(["id-1", "id-2"]);
  });

  it("says it where the browser stores nothing, and sends from memory", async () => {
    const p = page({ store: new DatabaseStore(1, undefined) });
    p.server.outcomes = [{ kind: "retry", offline: true }];
    p.outbox.add(answer(1));
    p.outbox.add(answer(2));
    await saved(p);
    expect(p.troubles()).toBeGreaterThan(0);
    expect(p.statuses.some((s) => s.unkept === 2)).toBe(true);
    expect(p.server.kept).toEqual(["id-1", "id-2"]);
  });

  it("leaves an unreadable entry alone and reads the others", async () => {
    const store = new DatabaseStore(1, disk);
    await store.add({ kind: "gone", scanId: 7, clientId: "x" } as unknown as Operation, "t");
    await store.add(answer(4), "t");
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const p = page();
    await vi.waitFor(() => expect(p.server.kept).toEqual(["id-4"]));
    expect(console.error).toHaveBeenCalled();
    vi.restoreAllMocks();
    const request = disk.open("fewpoints-outbox");
    const left = await new Promise<number>((resolve) => {
      request.onsuccess = () => {
        const all = request.result.transaction("operations").objectStore("operations").count();
        all.onsuccess = () => resolve(all.result);
      };
    });
    expect(left).toBe(1);
  });
});

describe("undo", () => {
  it("takes back an answer only while the server cannot have seen it", async () => {
    const p = page();
    let open: () => void = () => undefined;
    p.server.gate = new Promise((resolve) => (open = resolve));
    p.outbox.add(answer(1)); // Under way at once.
    await vi.waitFor(async () => expect((await onDisk())[0]?.tried).toBe(true));
    p.outbox.add(answer(2));
    expect((await p.outbox.undo(7, "undo-a"))?.body.client_id).toBe("id-2");
    expect(await p.outbox.undo(7, "undo-b")).toBeNull();
    open();
    await saved(p);
    expect(p.server.received).toEqual(["id-1", "undo-b"]);
    expect(p.sent.at(-1)).toMatchObject({ id: "undo-b", mine: true });
  });

  it("is about what was done before it, however late storage answers", async () => {
    const p = page();
    p.server.gate = forever;
    p.outbox.add(answer(1));
    p.outbox.add(answer(2));
    const undone = p.outbox.undo(7, "undo");
    p.outbox.add(answer(3)); // Pressed before storage has said anything.
    expect((await undone)?.body.client_id).toBe("id-2");
    await vi.waitFor(async () => expect(await onDisk()).toHaveLength(2));
    expect(p.outbox.pending(7).map(clientIdOf)).toEqual(["id-1", "id-3"]);
  });

  it("leaves other scans and notes alone", async () => {
    const p = page();
    p.server.gate = forever;
    p.outbox.add(answer(1));
    p.outbox.add(answer(2));
    p.outbox.add(answer(9, 8));
    const body = { client_id: "note", query_id: null, point_index: 2, note: "odd" };
    p.outbox.add({ kind: "note", scanId: 7, body });
    expect((await p.outbox.undo(7, "undo"))?.body.client_id).toBe("id-2");
    expect(p.outbox.pending(7).map(clientIdOf)).toEqual(["id-1", "note"]);
  });
});

describe("two tabs", () => {
  it("send everything once, in the order in which it was stored", async () => {
    const server = new FakeServer();
    const [a, b] = [page({ server }), page({ server })];
    for (let i = 0; i < 6; i++) (i % 2 === 0 ? a : b).outbox.add(answer(i));
    await saved(a);
    await saved(b);
    expect([...server.received].sort()).toEqual(["id-0", "id-1", "id-2", "id-3", "id-4", "id-5"]);
    // Each tab's own order holds, whoever sent.
    const of = (rest: number) => server.received.filter((id) => Number(id.slice(3)) % 2 === rest);
    expect(of(0)).toEqual(["id-0", "id-2", "id-4"]);
    expect(of(1)).toEqual(["id-1", "id-3", "id-5"]);
    expect(a.sent).toHaveLength(6);
    expect(b.sent).toHaveLength(6);
    expect(b.sent.filter((s) => s.mine).map((s) => s.id)).toEqual(["id-1", "id-3", "id-5"]);
    expect(await onDisk()).toEqual([]);
  });

  it("know of each other's answers and how far they are", async () => {
    const server = new FakeServer();
    server.gate = forever;
    const [a, b] = [page({ server }), page({ server })];
    await a.outbox.ready;
    await b.outbox.ready;
    a.outbox.add(answer(1));
    await vi.waitFor(() => expect(b.outbox.pending(7).map(clientIdOf)).toEqual(["id-1"]));
    expect(b.added).toEqual(["id-1"]);
    await vi.waitFor(() => expect(b.last()).toMatchObject({ state: "saving", waiting: 1 }));
  });

  it("go on with what a tab that is gone was about to send", async () => {
    const server = new FakeServer();
    server.gate = forever;
    const lock = browser;
    const a = page({ server });
    a.outbox.add(answer(1));
    await vi.waitFor(async () => expect((await onDisk())[0]?.tried).toBe(true));
    a.outbox.close();
    expect(lock).toBe(browser);
    browser = new FakeBrowser(); // The browser gives the lock of a closed page free.
    const b = page();
    await saved(b);
    expect(b.server.kept).toEqual(["id-1"]);
  });

  it("cannot both take the same answer back", async () => {
    const server = new FakeServer();
    server.gate = forever;
    const [a, b] = [page({ server }), page({ server })];
    a.outbox.add(answer(1));
    a.outbox.add(answer(2));
    await vi.waitFor(() => expect(b.outbox.pending(7)).toHaveLength(2));
    const taken = await Promise.all([a.outbox.undo(7, "undo-a"), b.outbox.undo(7, "undo-b")]);
    expect(taken.filter((t) => t !== null).map((t) => t?.body.client_id)).toEqual(["id-2"]);
  });
});

describe("what an earlier version left in localStorage", () => {
  function oldStorage(items: Record<string, string>): KeyValue & { items: Map<string, string> } {
    const map = new Map(Object.entries(items));
    return {
      items: map,
      get length() {
        return map.size;
      },
      key: (i) => [...map.keys()][i] ?? null,
      getItem: (k) => map.get(k) ?? null,
      removeItem: (k) => void map.delete(k),
    };
  }
  const old = (point: number): string => {
    const { body, ...rest } = answer(point);
    const { note: _note, ...earlier } = body;
    return JSON.stringify({ kind: rest.kind, scanId: rest.scanId, body: earlier });
  };

  it("moves once, in its order, and what cannot be read stays", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const left = oldStorage({
      "fewpoints:outbox:1:000000000000002-000001-a": old(2),
      "fewpoints:outbox:1:000000000000001-000001-b": old(1),
      "fewpoints:outbox:1:000000000000003-000001-c": "{broken",
      "fewpoints:outbox:2:000000000000001-000001-d": old(9),
      "fewpoints:language": "de",
    });
    const p = page({ before: (store) => moveOldEntries(left, 1, store) });
    p.outbox.add(answer(3));
    await saved(p);
    expect(p.server.kept).toEqual(["id-1", "id-2", "id-3"]);
    expect([...left.items.keys()].sort()).toEqual([
      "fewpoints:language",
      "fewpoints:outbox:1:000000000000003-000001-c",
      "fewpoints:outbox:2:000000000000001-000001-d",
    ]);
    vi.restoreAllMocks();
  });

  it("is not doubled by two tabs that move it at the same time", async () => {
    const left = oldStorage({ "fewpoints:outbox:1:000000000000001-000001-a": old(1) });
    const server = new FakeServer();
    server.gate = forever;
    const before = (store: OutboxStore) => moveOldEntries(left, 1, store);
    const [a, b] = [page({ server, before }), page({ server, before })];
    await a.outbox.ready;
    await b.outbox.ready;
    expect(await onDisk()).toHaveLength(1);
    expect(left.items.size).toBe(0);
  });
});
