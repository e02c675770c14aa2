// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The tabs of one person in one browser: one of them sends at a time, and all hear what became of it. Browsers give
 * locks to secure pages only; without them every tab sends, and the server stores once what it gets twice.
 */
export interface Tabs {
  /** Run `work` while no other tab does. */
  alone: (work: () => Promise<void>) => Promise<void>;
  tell: (message: unknown) => void;
  listen: (hear: (message: unknown) => void) => void;
  close: () => void;
}

export function browserTabs(name: string): Tabs {
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
  // Typed as always there, which it is not on plain http.
  const locks = navigator.locks as LockManager | undefined;
  return {
    alone: async (work) => {
      if (locks) await locks.request(name, work);
      else await work();
    },
    tell: (message) => channel?.postMessage(message),
    listen: (hear) => {
      if (channel) channel.onmessage = (event) => hear(event.data);
    },
    close: () => channel?.close(),
  };
}
