/** `npm start [-- FILE...]`: opens and verifies captures and prints what they are; without a file, the sample of this repository. */
import { join, resolve } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
// npm runs scripts in the package folder; INIT_CWD is where the user stood, and what relative names mean.
const userFolder = process.env.INIT_CWD ?? process.cwd();
const words = process.argv.slice(2).map((word) => (word.startsWith("-") ? word : resolve(userFolder, word)));
const files = words.some((word) => !word.startsWith("-"))
  ? words
  : [...words, join(root, "fixtures", "captures", "ms-basic-plain.msl")];
process.exit(run(process.execPath, [join(root, "packages", "cli", "dist", "main.js"), "info", "--verify", ...files]).status ?? 1);
