/** `npm start [-- FILE...]`: opens, verifies and describes captures; without a file, a sample of this repository. */
import { join, relative } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
// npm runs scripts in the folder of the package; INIT_CWD is the user's folder, to which relative paths refer.
const cwd = process.env.INIT_CWD ?? process.cwd();
const words = process.argv.slice(2);
const sample = relative(cwd, join(root, "fixtures", "captures", "ms-basic-plain.msl"));
const files = words.some((word) => !word.startsWith("-")) ? words : [...words, sample];
const main = join(root, "packages", "cli", "dist", "main.js");
process.exit(run(process.execPath, [main, "info", "--verify", ...files], { cwd }).status ?? 1);
