/** `npm test [-- VITEST OPTION...]`: runs the tests of every package; the output ends with vitest's totals, and with what was left out, if anything. */
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const reporters = ["default", join(root, "scripts", "left-out.mjs")].map((reporter) => `--reporter=${reporter}`);
process.exit(run(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)]).status ?? 1);
