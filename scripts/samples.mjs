/** `npm run samples -- DIR [OPTION...]`: installs and builds when needed, then writes sample captures. */
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
process.exit(
  run(process.execPath, [join(root, "packages", "bench", "dist", "corpus", "main.js"), ...process.argv.slice(2)]).status ?? 1,
);
