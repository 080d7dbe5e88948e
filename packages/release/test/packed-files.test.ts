/**
 * What `npm publish` would upload, against the lists in packed/: every file, and the bytes of large ones within a tolerance. `vitest run
 * packages/release -u` writes the lists anew; the difference belongs into the commit that causes it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { PUBLISHED, ROOT } from "../src/packages.js";

interface Packed {
  readonly name: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Sums and files of at least this many bytes are recorded with their size; of smaller ones only the name is. */
const LARGE = 16_384;
/** How much a size may differ from the recorded one. */
const TOLERANCE = 0.1;

const packed: readonly Packed[] = JSON.parse(
  execFileSync("npm", ["pack", "--dry-run", "--json", ...PUBLISHED.flatMap(({ manifest }) => ["--workspace", manifest.name])], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 2 ** 26,
  }),
);

/** Names with their sizes in bytes: the tarball, the sum of its files, and each file. Shared chunks, whose names are hashes, are one row. */
function sizesOf({ size, unpackedSize, files }: Packed): Map<string, number> {
  const sizes = new Map([
    ["(packed)", size],
    ["(unpacked)", unpackedSize],
  ]);
  for (const file of files) {
    const name = file.path.replace(/(chunks\/[-a-z0-9]+)-[0-9a-z]{8}\.js$/, "$1-*.js");
    sizes.set(name, (sizes.get(name) ?? 0) + file.size);
  }
  return sizes;
}

/**
 * The list of a tarball as text. A size that differs from the recorded one by less than the tolerance is written as it is recorded, so
 * that only larger differences change the text.
 */
function listText(sizes: ReadonlyMap<string, number>, recorded: ReadonlyMap<string, number>): string {
  const rows = [...sizes].sort(([a], [b]) => (a < b ? -1 : 1));
  return rows
    .map(([name, size]) => {
      const before = recorded.get(name);
      if (before === undefined) return size < LARGE ? `${name}\n` : `${name} ${size}\n`;
      return `${name} ${Math.abs(size / before - 1) <= TOLERANCE ? before : size}\n`;
    })
    .join("");
}

/** The sizes that a list records. */
function recordedSizes(list: string): Map<string, number> {
  return new Map(Array.from(list.matchAll(/^(.+) (\d+)$/gm), ([, name = "", size]) => [name, Number(size)]));
}

it.each(packed)("the tarball of $name has the files and, within a tenth, the sizes of its list", async (one) => {
  const list = fileURLToPath(new URL(`packed/${one.name.replace("@memslice/", "")}.txt`, import.meta.url));
  const recorded = recordedSizes(existsSync(list) ? readFileSync(list, "utf8") : "");
  await expect(listText(sizesOf(one), recorded)).toMatchFileSnapshot(list);
});

it("the command's tarball has the schemas of its documents, at the addresses that its manifest exports", () => {
  const files = packed.find(({ name }) => name === "@memslice/cli")?.files.map(({ path }) => path) ?? [];
  const schemas = ["blocks", "dump", "error", "info", "verify"].map((name) => `dist/json/${name}.schema.json`);
  expect(files).toEqual(expect.arrayContaining(schemas));
  const { exports } = PUBLISHED.find(({ manifest }) => manifest.name === "@memslice/cli")?.manifest ?? {};
  expect(exports).toHaveProperty(["./json/*.schema.json"], "./dist/json/*.schema.json");
});
