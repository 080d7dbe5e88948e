/** The version of the command, as package.json has it, for captures that the command writes. */
import { readFileSync } from "node:fs";

export function version(): string {
  // By the name of the package: the place of a script in dist is not known to its source.
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL(import.meta.resolve("@memslice/cli/package.json")), "utf8"),
  );
  return manifest.version;
}
