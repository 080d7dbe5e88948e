/** `npm run fuzz -- [OPTION...]`: installs and builds when needed, then reads mutated captures. */
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
process.exit(
  run(process.execPath, [join(root, "packages", "bench", "dist", "fuzz", "main.js"), ...process.argv.slice(2)]).status ?? 1,
);
