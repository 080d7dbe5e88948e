/**
 * Compiles the TypeScript of the package in the working directory into an empty dist: output of deleted sources would otherwise be
 * published with the package.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./prepare.mjs";

const cwd = process.cwd();
rmSync(join(cwd, "dist"), { recursive: true, force: true });
process.exit(
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.json"], { cwd }).status ?? 1,
);
