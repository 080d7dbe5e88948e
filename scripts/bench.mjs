/** `npm run bench -- [SCENARIO...] [OPTION...]`, `npm run bench -- compare BASE HEAD`: installs and builds when needed, then measures. */
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
process.exit(run(process.execPath, [join(root, "packages", "bench", "dist", "main.js"), ...process.argv.slice(2)]).status ?? 1);
