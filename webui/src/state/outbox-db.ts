// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The outbox in IndexedDB: one record per operation, numbered by the database in the order in which they were stored,
 * whichever tab they come from. Every change is a transaction, so two tabs cannot take the same thing.
 */
import { flag, integer, object, text } from "../util/verify";
import { clientIdOf, type Operation, operation, type Stored } from "./outbox-entries";

const NAME = "fewpoints-outbox";
const STORE = "operations";

const stored = object({ seq: integer, operation, tab: text, tried: flag });

export interface OutboxStore {
  /** All of this person, oldest first. */
  load: () => Promise<Stored[]>;
  /** Resolves with the number once it is on disk; one that is there already keeps its place. */
  add: (operation: Operation, tab: string, tried?: boolean) => Promise<number>;
  /** Mark as tried, just before it is sent; false: it is not there any more. */
  claim: (seq: number) => Promise<boolean>;
  remove: (seq: number) => Promise<void>;
  /** Remove what was never tried; false: the server may know it, or it is not there. */
  takeBack: (seq: number) => Promise<boolean>;
}

/** @param factory `indexedDB`, or a test's. Every method rejects where the browser keeps nothing. */
export class DatabaseStore implements OutboxStore {
  private readonly database: Promise<IDBDatabase>;

  constructor(
    private readonly userId: number,
    factory: IDBFactory | undefined = globalThis.indexedDB,
  ) {
    this.database = open(factory);
    this.database.catch(() => undefined); // Told where it is used.
  }

  async load(): Promise<Stored[]> {
    const found = await this.run("readonly", (store) => store.index("user").getAll(this.userId));
    const entries: Stored[] = [];
    for (const record of found as unknown[]) {
      try {
        entries.push(stored(record));
      } catch (error) {
        console.error("An unreadable unsent answer was left where it is", record, error);
      }
    }
    return entries.sort((a, b) => a.seq - b.seq);
  }

  add(value: Operation, tab: string, tried = false): Promise<number> {
    const clientId = clientIdOf(value);
    return this.change("strict", (store, give) => {
      const there = store.index("client").getKey([this.userId, clientId]);
      there.onsuccess = () => {
        if (there.result !== undefined) {
          give(Number(there.result));
          return;
        }
        const record = { userId: this.userId, clientId, operation: value, tab, tried };
        const added = store.add(record);
        added.onsuccess = () => give(Number(added.result));
      };
    });
  }

  claim(seq: number): Promise<boolean> {
    return this.change("relaxed", (store, give) => {
      const found = store.get(seq);
      found.onsuccess = () => {
        give(found.result !== undefined);
        if (found.result !== undefined) store.put({ ...found.result, tried: true });
      };
    });
  }

  async remove(seq: number): Promise<void> {
    await this.change("relaxed", (store, give) => {
      store.delete(seq);
      give(true);
    });
  }

  takeBack(seq: number): Promise<boolean> {
    return this.change("strict", (store, give) => {
      const found = store.get(seq);
      found.onsuccess = () => {
        const free = found.result !== undefined && !found.result.tried;
        give(free);
        if (free) store.delete(seq);
      };
    });
  }

  private async run<T>(
    mode: "readonly",
    ask: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    const database = await this.database;
    return new Promise((resolve, reject) => {
      const request = ask(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("The browser's storage failed."));
    });
  }

  /** Run a transaction; the promise resolves with what was given once all of it is stored. */
  private async change<T>(
    durability: IDBTransactionDurability,
    work: (store: IDBObjectStore, give: (value: T) => void) => void,
  ): Promise<T> {
    const database = await this.database;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, "readwrite", { durability });
      let given: { value: T } | null = null;
      const failed = (): void =>
        reject(transaction.error ?? new Error("The browser's storage failed."));
      transaction.oncomplete = () => (given ? resolve(given.value) : failed());
      transaction.onabort = failed;
      work(transaction.objectStore(STORE), (value) => (given = { value }));
    });
  }
}

function open(factory: IDBFactory | undefined): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    if (!factory) {
      reject(new Error("This browser has no IndexedDB."));
      return;
    }
    const request = factory.open(NAME, 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore(STORE, {
        keyPath: "seq",
        autoIncrement: true,
      });
      store.createIndex("user", "userId");
      store.createIndex("client", ["userId", "clientId"], { unique: true });
    };
    request.onsuccess = () => {
      // A newer version of the app in another tab must not wait for this page.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error ?? new Error("The browser's storage failed."));
  });
}
