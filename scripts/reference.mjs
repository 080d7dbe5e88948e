/** `npm run reference`: writes the reference pages and the JSON Schemas in docs/ anew. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare, root } from "./prepare.mjs";

prepare();
const { referencePages } = await import("../packages/msl/scripts/reference.mjs");
const { jsonSchemas } = await import("../packages/cli/scripts/json-schemas.mjs");
mkdirSync(join(root, "docs", "json"), { recursive: true });
for (const [name, page] of Object.entries({ ...referencePages(), ...jsonSchemas() }))
  writeFileSync(join(root, "docs", name), page);
