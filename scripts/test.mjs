/** `npm test [-- VITEST OPTION...]`: runs the tests of every package; the output ends with vitest's totals. */
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
process.exit(run(process.execPath, [vitest, "run", ...process.argv.slice(2)]).status ?? 1);
