// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { mount } from "svelte";
import { loadLanguage } from "./i18n";
import { applyTheme } from "./state/theme.svelte";

export async function start(target: HTMLElement, labels: boolean): Promise<void> {
  applyTheme();
  await loadLanguage();
  // Only now: modules of the app take words from the catalogue while they load.
  if (labels) void import("./pages/LabelPage.svelte");
  const { default: App } = await import("./App.svelte");
  mount(App, { target });
}
