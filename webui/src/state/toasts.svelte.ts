// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Short messages at the edge of the page. Errors stay until closed; the rest goes by itself. */
export interface Toast {
  id: number;
  kind: "info" | "error";
  message: string;
  action?: { label: string; run: () => void };
}

const STAY_MS = 6000;

class Toasts {
  items = $state.raw<Toast[]>([]);
  private next = 1;

  show(kind: Toast["kind"], message: string, action?: Toast["action"]): void {
    const same = this.items.find((t) => t.message === message && t.kind === kind);
    if (same) return;
    const toast: Toast = { id: this.next++, kind, message, ...(action ? { action } : {}) };
    this.items = [...this.items.slice(-3), toast];
    if (kind === "info") setTimeout(() => this.close(toast.id), STAY_MS);
  }

  info(message: string, action?: Toast["action"]): void {
    this.show("info", message, action);
  }

  error(message: string): void {
    this.show("error", message);
  }

  closeMessage(message: string): void {
    this.items = this.items.filter((t) => t.message !== message);
  }

  close(id: number): void {
    this.items = this.items.filter((t) => t.id !== id);
  }
}

export const toasts = new Toasts();
