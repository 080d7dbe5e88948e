/** `npm start [-- FILE...]`: opens and verifies captures and prints what they are; without a file, the sample of this repository. */
import { join, relative } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
// npm runs scripts in the package folder; INIT_CWD is where the user stood, and what relative names mean.
const cwd = process.env.INIT_CWD ?? process.cwd();
const words = process.argv.slice(2);
const sample = relative(cwd, join(root, "fixtures", "captures", "ms-basic-plain.msl"));
const files = words.some((word) => !word.startsWith("-")) ? words : [...words, sample];
const main = join(root, "packages", "cli", "dist", "main.js");
process.exit(run(process.execPath, [main, "info", "--verify", ...files], { cwd }).status ?? 1);
