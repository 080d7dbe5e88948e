/**
 * `npm run bench`, `npm run sizes`, `npm run fuzz` and `npm run corpus`: installs and builds if necessary, then runs one of the programs of
 * packages/bench. Arguments: the folder of the program in packages/bench/src, then the arguments of its main.ts.
 */
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

const [product, ...rest] = process.argv.slice(2);

prepare();
process.exit(run(process.execPath, [join(root, "packages", "bench", "dist", product, "main.js"), ...rest]).status ?? 1);
