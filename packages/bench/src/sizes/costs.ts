/** Measures bundles, imports and packages of one or more checkouts, by turns, so that other load on the machine changes all of them alike. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BUDGETED_BUNDLES, bundleSizes, KB } from "../measurements/harness/bundles.js";
import { millisecondsToImport } from "../measurements/scenarios/cold-start.js";
import { packedSizes } from "../measurements/scenarios/size.js";

/** One line of a table: a value for each checkout, null where the checkout lacks what is measured. */
export interface Cost {
  readonly title: string;
  readonly values: readonly (number | null)[];
  /** The most that a test allows. */
  readonly atMost?: number | undefined;
}

export interface Costs {
  /** KB, gzipped. */
  readonly bundles: readonly Cost[];
  /** Milliseconds. */
  readonly imports: readonly Cost[];
  /** KB. */
  readonly packages: readonly Cost[];
}

const IMPORTED = [
  "data:text/javascript,",
  "@memslice/msl",
  "@memslice/msl/read",
  "@memslice/msl/plain",
  "@memslice/msl/verify",
  "@memslice/core-wasm",
] as const;
const PACKED = ["core-wasm", "msl", "analysis", "cli"] as const;
/** The shortest of this number of processes counts: other load makes a process only slower. */
const ROUNDS = 21;

/** `homes`: the folders of the packages of each checkout. Throws an `Error` if a checkout is not built. */
export async function costsOf(homes: readonly string[]): Promise<Costs> {
  for (const home of homes) {
    const script = join(home, "msl/dist/index.js");
    if (!existsSync(script)) throw new Error(`There is no ${script}: run "npm run build" in that checkout`);
  }
  return { bundles: await bundles(homes), imports: imports(homes), packages: packages(homes) };
}

async function bundles(homes: readonly string[]): Promise<readonly Cost[]> {
  const costs: Cost[] = [];
  for (const { title, source, atMost } of BUDGETED_BUNDLES) {
    const sizes = await Promise.all(homes.map((home) => (holdsEntries(home, source) ? bundleSizes(source, home) : null)));
    const values = (part: "first" | "oneFile") => sizes.map((found) => found && found[part] / KB);
    costs.push({ title: `${title}, loaded at once`, values: values("first"), atMost: atMost.first });
    costs.push({ title: `${title}, in one file`, values: values("oneFile"), atMost: atMost.oneFile });
  }
  return costs;
}

function imports(homes: readonly string[]): readonly Cost[] {
  const shortest = IMPORTED.map(() => homes.map((): number | null => null));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [row, specifier] of IMPORTED.entries()) {
      for (const [column, home] of homes.entries()) {
        const values = shortest[row];
        if (!values || !holdsEntries(home, `"${specifier}"`)) continue;
        const time = millisecondsToImport(specifier, join(home, "bench"));
        values[column] = Math.min(values[column] ?? Number.POSITIVE_INFINITY, time);
      }
    }
  }
  return IMPORTED.map((specifier, row) => ({
    title: specifier.startsWith("data:") ? "a module that is empty" : specifier,
    values: shortest[row] ?? [],
  }));
}

function packages(homes: readonly string[]): readonly Cost[] {
  return PACKED.flatMap((name) => {
    const sizes = homes.map((home) => (existsSync(join(home, name)) ? packedSizes(join(home, name)) : null));
    return [
      { title: `@memslice/${name}, packed`, values: sizes.map((found) => found && found.size / KB) },
      {
        title: `@memslice/${name}, installed without dependencies`,
        values: sizes.map((found) => found && found.unpackedSize / KB),
      },
    ];
  });
}

/** Whether a checkout has the entries of msl that a source names. */
function holdsEntries(home: string, source: string): boolean {
  const entries = Array.from(source.matchAll(/"@memslice\/msl\/([^"]+)"/g), ([, entry]) => String(entry));
  return entries.every((entry) => existsSync(join(home, `msl/src/${entry}.ts`)));
}
