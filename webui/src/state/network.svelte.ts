// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What there is to know about the network that everything starts from. It changes only with the server's start. */
import { network as api } from "../api/client";

class Network {
  /** Why little is to be expected of predictions; null where the network is trained, or until that is known. */
  warning = $state<string | null>(null);
  private asked = false;

  load(): void {
    if (this.asked) return;
    this.asked = true;
    api.get().then(
      ({ trained, note }) => (this.warning = trained ? null : note),
      () => (this.asked = false), // A warning less; asked again with the next page.
    );
  }
}

export const network = new Network();
