// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import "./app.css";
import { openEarly } from "./state/early-view";
import { parseRoute } from "./state/route";

const target = document.getElementById("app");
if (!target) throw new Error("The page has no #app element.");
const opened = parseRoute(location.hash);
const labels = opened.page === "label" && !new URLSearchParams(location.search).has("token");
// Opened on a scan: it travels and is drawn while the app is still being loaded, little of which is needed for that.
if (labels) openEarly(opened.scanId);
const { start } = await import("./app");
await start(target, labels);
