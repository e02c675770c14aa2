// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/** The built page allows itself nothing from outside; a development server needs inline styles for hot reload. */
const contentSecurityPolicy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      injectTo: "head-prepend",
      attrs: {
        "http-equiv": "Content-Security-Policy",
        content:
          "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'",
      },
    },
  ],
};

export default defineConfig({
  base: "./",
  plugins: [svelte(), contentSecurityPolicy],
  build: {
    outDir: "../server/fewpoints/server/static",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 700,
  },
  // `fewpoints serve` answers the API while Vite serves the page.
  server: { proxy: { "/api": "http://127.0.0.1:8765" } },
});
