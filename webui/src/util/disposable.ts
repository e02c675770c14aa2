// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

export interface Disposable {
  dispose(): void;
}

/** Owns listeners and GPU resources; disposes them in reverse order, once. */
export class Disposer implements Disposable {
  private owned: (() => void)[] = [];

  add(dispose: () => void): void {
    this.owned.push(dispose);
  }

  own<T extends Disposable>(item: T): T {
    this.add(() => item.dispose());
    return item;
  }

  listen<K extends keyof HTMLElementEventMap>(
    target: HTMLElement,
    type: K,
    handler: (event: HTMLElementEventMap[K]) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(type, handler, options);
    this.add(() => target.removeEventListener(type, handler, options));
  }

  dispose(): void {
    for (const dispose of this.owned.reverse()) dispose();
    this.owned = [];
  }
}
