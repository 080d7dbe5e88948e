/** The packages as they would be published: exactly these files, and no reference to files outside of the package. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type PackedPackage, packPackages } from "../src/launch/installation.js";

const PUBLISHED = [
  { name: "@memslice/core-wasm", home: "core-wasm", more: ["dist/core.wasm", "dist/encode.wasm", "dist/scan.wasm"] },
  { name: "@memslice/msl", home: "msl", more: [] },
  {
    name: "@memslice/cli",
    home: "cli",
    more: [
      ...[
        "blocks",
        "capture",
        "compare",
        "connections",
        "dump",
        "entropy",
        "error",
        "export",
        "extract",
        "handles",
        "hexdump",
        "import",
        "info",
        "keygen",
        "keys",
        "lint",
        "maps",
        "modules",
        "pointers",
        "processes",
        "raw",
        "read",
        "repair",
        "scan",
        "search",
        "strings",
        "system",
        "threads",
        "transcode",
        "verify",
      ],
    ].map((document) => `dist/json/${document}.schema.json`),
  },
];

/** The build combines the script of a worker from these sources; undefined for other scripts. */
function partsOfWorker(script: string): string[] | undefined {
  const [, worker, platform] = /^(src\/threads\/[a-z0-9]+-worker)-(node|web)\.ts$/.exec(script) ?? [];
  if (worker === undefined) return undefined;
  const served = worker.endsWith("/any-worker") ? [] : [`${worker}.ts`];
  return [...served, `src/threads/worker-${platform}.ts`];
}

let folder: string;
let packed: readonly PackedPackage[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-packed-"));
  packed = packPackages(
    PUBLISHED.map(({ name }) => name),
    folder,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(PUBLISHED)("the packed package $name", ({ name, home, more }) => {
  const path = (file: string) => fileURLToPath(new URL(`../../${home}/${file}`, import.meta.url));
  const read = (file: string) => readFileSync(path(file), "utf8");
  const files = () => (packed.find((one) => one.name === name)?.files ?? []).map((file) => file.path);

  const scripts = () => files().filter((file) => file.endsWith(".js"));
  const isChunk = (file: string) => /^dist\/(node\/)?chunks\//.test(file);

  it("a packed package contains only its scripts, their declarations, its schemas, a README and the license", () => {
    const others = files().filter(
      (file) => !/^dist\/([-a-z0-9/]+|(node\/)?chunks\/[-a-z0-9]+-[0-9a-z]{8})\.(js|d\.ts)$/.test(file),
    );
    expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json", ...more].sort());
    const named = Array.from(read("package.json").matchAll(/"(?:\.\/)?(dist\/[^"*]+\.js)"/g), ([, file]) => String(file));
    expect(named.length).toBeGreaterThan(0);
    expect(scripts()).toEqual(expect.arrayContaining(named));
  });

  it("a packed package contains no script without a source, and no chunk that is never loaded", () => {
    const sources = scripts()
      .filter((file) => !isChunk(file))
      .map((file) => file.replace(/^dist(\/node)?/, "src").replace(/js$/, "ts"))
      .flatMap((source) => partsOfWorker(source) ?? [source]);
    expect(sources.filter((source) => !existsSync(path(source)))).toEqual([]);
    const loaded = scripts().map(read).join("\n");
    expect(scripts().filter((file) => isChunk(file) && !loaded.includes(`/${basename(file)}"`))).toEqual([]);
  });

  it("a packed package has no source map, and no script that names one", () => {
    expect(files().filter((file) => file.endsWith(".map"))).toEqual([]);
    expect(scripts().filter((file) => read(file).includes("sourceMappingURL="))).toEqual([]);
  });
});
