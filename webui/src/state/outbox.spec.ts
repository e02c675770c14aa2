// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import type { NewAnswer } from "../api/types";
import { type Clock, type Operation, Outbox, type OutboxState, type Outcome } from "./outbox";
import { type KeyValue, LocalOutboxStorage } from "./outbox-storage";

function memoryStorage(): KeyValue & { items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    get length() {
      return items.size;
    },
    key: (i) => [...items.keys()][i] ?? null,
    getItem: (k) => items.get(k) ?? null,
    setItem: (k, v) => void items.set(k, v),
    removeItem: (k) => void items.delete(k),
  };
}

const answer = (point: number): Operation => ({
  kind: "answer",
  scanId: 7,
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
    const id = operation.kind === "answer" ? operation.body.client_id : operation.clientId;
    const outcome = this.outcomes.shift();
    if (outcome) return outcome;
    this.received.push(id);
    if (!this.kept.includes(id)) this.kept.push(id);
    if (this.loseReplies > 0) {
      this.loseReplies--;
      return { kind: "retry", offline: true };
    }
    return { kind: "sent" };
  };
}

function setUp(store = memoryStorage(), server = new FakeServer()) {
  const waits: number[] = [];
  const states: OutboxState[] = [];
  const refused: string[] = [];
  let now = 0;
  const clock: Clock = {
    now: () => now++,
    random: () => 0.5,
    wait: (ms) => {
      waits.push(ms);
      return { done: Promise.resolve(), wake: () => undefined };
    },
  };
  const outbox = new Outbox(
    new LocalOutboxStorage(store, 1, () => undefined),
    server.transmit,
    {
      changed: (state) => states.push(state),
      sent: () => undefined,
      refused: (_, message) => refused.push(message),
    },
    clock,
  );
  return { outbox, server, store, waits, states, refused };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("outbox", () => {
  it("sends in the order made and empties its storage", async () => {
    const { outbox, server, store, states } = setUp();
    for (const point of [5, 3, 9]) outbox.add(answer(point));
    expect(store.items.size).toBe(3);
    await settle();
    expect(server.kept).toEqual(["id-5", "id-3", "id-9"]);
    expect(store.items.size).toBe(0);
    expect(states.at(-1)).toBe("saved");
  });

  it("tries again with growing waits and never passes an entry that failed", async () => {
    const { outbox, server, waits, states } = setUp();
    server.outcomes = Array.from({ length: 7 }, () => ({ kind: "retry", offline: true }) as const);
    outbox.add(answer(1));
    outbox.add(answer(2));
    await settle();
    expect(server.kept).toEqual(["id-1", "id-2"]);
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000]);
    expect(states).toContain("offline");
    expect(states.at(-1)).toBe("saved");
  });

  it("is kept once by the server even when the reply was lost", async () => {
    const { outbox, server } = setUp();
    server.loseReplies = 2;
    outbox.add(answer(1));
    await settle();
    expect(server.received).toEqual(["id-1", "id-1", "id-1"]);
    expect(server.kept).toEqual(["id-1"]);
  });

  it("sends what an earlier page left behind, before anything new", async () => {
    const store = memoryStorage();
    const dead = new FakeServer();
    dead.gate = new Promise(() => undefined); // Never answers.
    const first = setUp(store, dead);
    first.outbox.add(answer(1));
    first.outbox.add(answer(2));
    await settle();
    const { outbox, server } = setUp(store);
    outbox.add(answer(3));
    await settle();
    expect(server.kept).toEqual(["id-1", "id-2", "id-3"]);
    expect(store.items.size).toBe(0);
  });

  it("keeps another person's unsent answers for that person", async () => {
    const store = memoryStorage();
    const other = new LocalOutboxStorage(store, 2, () => undefined);
    other.save("1", answer(8));
    const { server } = setUp(store);
    await settle();
    expect(server.received).toEqual([]);
    expect(store.items.size).toBe(1);
  });

  it("drops what the server refuses for good, says so and goes on", async () => {
    const { outbox, server, refused, store } = setUp();
    server.outcomes = [{ kind: "refused", message: "Scan 7 was deleted." }];
    outbox.add(answer(1));
    outbox.add(answer(2));
    await settle();
    expect(refused).toEqual(["Scan 7 was deleted."]);
    expect(server.kept).toEqual(["id-2"]);
    expect(store.items.size).toBe(0);
  });

  it("keeps everything while signed out and goes on after signing in", async () => {
    const { outbox, server, states, store } = setUp();
    server.outcomes = [{ kind: "signed-out" }];
    outbox.add(answer(1));
    await settle();
    expect(states.at(-1)).toBe("signed-out");
    outbox.add(answer(2));
    await settle();
    expect(store.items.size).toBe(2);
    outbox.retryNow();
    await settle();
    expect(server.kept).toEqual(["id-1", "id-2"]);
  });

  it("takes back an answer only while the server cannot have seen it", async () => {
    const { outbox, server } = setUp();
    let open: () => void = () => undefined;
    server.gate = new Promise((resolve) => (open = resolve));
    outbox.add(answer(1)); // Under way at once.
    outbox.add(answer(2));
    const taken: NewAnswer | null = outbox.takeBack(7);
    expect(taken?.client_id).toBe("id-2");
    expect(outbox.takeBack(7)).toBeNull();
    open();
    await settle();
    expect(server.kept).toEqual(["id-1"]);
  });

  it("leaves an unreadable entry alone and reads the others", async () => {
    const store = memoryStorage();
    store.setItem("fewpoints:outbox:1:0", "{broken");
    store.setItem("fewpoints:outbox:1:1", JSON.stringify(answer(4)));
    const { server } = setUp(store);
    await settle();
    expect(server.kept).toEqual(["id-4"]);
    expect(store.items.size).toBe(1);
  });
});
