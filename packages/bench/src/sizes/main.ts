/**
 * `npm run sizes -- [--before DIR]`: what the library costs its users before it does anything: bundles, imports, packages. With --before, the same of
 * another checkout beside it, built before. Exit status: 0 measured, 1 not measured, 2 wrong usage.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fromCaller } from "../from-caller.js";
import { costsOf } from "./costs.js";
import { tablesOf } from "./tables.js";

const USAGE = `Usage: npm run sizes -- [--before DIR]

Prints the gzipped KB of bundles, the milliseconds of imports in fresh processes, and the KB of packages.

  --before DIR   prints the same of the checkout in the folder DIR, in which "npm run build" has run
  --help         shows this
`;

const HERE = fileURLToPath(new URL("../../../../", import.meta.url));

process.exitCode = await main();

async function main(): Promise<number> {
  const asked = request();
  if (asked === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (typeof asked === "string") {
    process.stderr.write(`${asked}\n\n${USAGE}`);
    return 2;
  }
  const { before } = asked;
  try {
    const checkouts = [
      ...(before === undefined ? [] : [{ name: "before", home: fromCaller(before) }]),
      { name: "now", home: HERE },
    ];
    const costs = await costsOf(checkouts.map(({ home }) => join(home, "packages")));
    const names = checkouts.map(({ name }) => name);
    process.stdout.write(tablesOf(names, costs));
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** Parses `process.argv`. Returns a sentence about the mistake on wrong usage. */
function request(): { readonly before: string | undefined } | string {
  try {
    const options = { before: { type: "string" }, help: { type: "boolean", default: false } } as const;
    const { values } = parseArgs({ options });
    return values.help ? "help" : { before: values.before };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
