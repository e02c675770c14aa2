// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Types of the HTTP interface from its OpenAPI document (`openapi.json`, or the file that FEWPOINTS_OPENAPI names).
 *
 *     node scripts/api-types.mjs          write src/api/generated/schema.d.ts
 *     node scripts/api-types.mjs --check  fail if that file is not what the document gives
 */
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const given = process.env.FEWPOINTS_OPENAPI;
const source = given ? pathToFileURL(given) : new URL("../openapi.json", import.meta.url);
const target = new URL("../src/api/generated/schema.d.ts", import.meta.url);

const header = `// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
// Generated from openapi.json by scripts/api-types.mjs. Do not edit.

`;
const text = header + astToString(await openapiTS(source, { alphabetize: true }));

if (process.argv.includes("--check")) {
  const committed = await readFile(target, "utf8").catch(() => "");
  if (committed !== text) {
    console.error(
      `${fileURLToPath(target)} does not match ${fileURLToPath(source)}. Run "npm run api" and commit the result.`,
    );
    process.exit(1);
  }
  console.log("The generated API types are current.");
} else {
  await writeFile(target, text);
}
