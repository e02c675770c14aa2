// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { mount } from "svelte";
import "./app.css";
import { loadLanguage } from "./i18n";
import { applyTheme } from "./state/theme.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("The page has no #app element.");
applyTheme();
await loadLanguage();
// Only now: modules of the app take words from the catalogue while they load.
const { default: App } = await import("./App.svelte");
mount(App, { target });
