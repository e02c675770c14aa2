// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Who is signed in, and the way their answers go to the server. */
import { ApiError, messageOf, session as api, setSignedOutHandler } from "../api/client";
import type { User } from "../api/types";
import { t } from "../i18n";
import { answers } from "./answers.svelte";

export type SessionState =
  | { kind: "starting" }
  | { kind: "signed-in"; user: User }
  | { kind: "signed-out"; message: string | null }
  | { kind: "unreachable"; message: string };

class Session {
  state = $state.raw<SessionState>({ kind: "starting" });

  constructor() {
    setSignedOutHandler(() => {
      this.state = { kind: "signed-out", message: t("setup.signIn.wasSignedOut") };
    });
  }

  get user(): User | null {
    return this.state.kind === "signed-in" ? this.state.user : null;
  }

  get isLead(): boolean {
    return this.user?.role === "lead";
  }

  async start(): Promise<void> {
    this.state = { kind: "starting" };
    const token = new URLSearchParams(location.search).get("token");
    // At once, so that the token is in no bookmark, screenshot or shared link.
    if (token !== null) history.replaceState(null, "", `${location.pathname}#/`);
    try {
      this.accept(token === null ? await api.get() : await api.signIn(token));
    } catch (error) {
      if (!(error instanceof ApiError)) {
        this.state = { kind: "unreachable", message: messageOf(error) };
      } else if (token !== null) {
        // A used link opened again by someone who is still signed in should just work.
        await this.resume(error.message);
      } else if (error.status === 401) {
        this.state = { kind: "signed-out", message: null };
      } else {
        this.state = { kind: "unreachable", message: error.message };
      }
    }
  }

  async signOut(): Promise<void> {
    await api.signOut();
    this.state = { kind: "signed-out", message: t("setup.signIn.signedOut") };
  }

  private async resume(message: string): Promise<void> {
    try {
      this.accept(await api.get());
    } catch {
      this.state = { kind: "signed-out", message };
    }
  }

  private accept(user: User): void {
    answers.open(user);
    this.state = { kind: "signed-in", user };
  }
}

export const session = new Session();
