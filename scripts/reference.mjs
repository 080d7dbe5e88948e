/** `npm run reference`: writes the reference pages in docs/ anew. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare, root } from "./prepare.mjs";

prepare();
const { referencePages } = await import("../packages/msl/scripts/reference.mjs");
for (const [name, page] of Object.entries(referencePages())) writeFileSync(join(root, "docs", name), page);
