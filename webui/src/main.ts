// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { mount } from "svelte";
import "./app.css";
import { expectTiles } from "./api/tiles";
import { loadLanguage } from "./i18n";
import { parseRoute } from "./state/router.svelte";
import { applyTheme } from "./state/theme.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("The page has no #app element.");
applyTheme();
// Opened on a scan: its first points travel while the app is still being loaded.
const opened = parseRoute(location.hash);
if (opened.page === "label") expectTiles(opened.scanId);
await loadLanguage();
// Only now: modules of the app take words from the catalogue while they load.
if (opened.page === "label") void import("./pages/LabelPage.svelte");
const { default: App } = await import("./App.svelte");
mount(App, { target });
