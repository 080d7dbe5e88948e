/** What would be published: these files and no others, with nothing in them that leads out of the package. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PackedPackage, packPackages } from "../src/launch/installation.js";

const PUBLISHED = [
  { name: "@memslice/core-wasm", home: "core-wasm", more: ["dist/core.wasm"] },
  { name: "@memslice/msl", home: "msl", more: [] },
  { name: "@memslice/cli", home: "cli", more: [] },
];

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

describe.each(PUBLISHED)("$name", ({ name, home, more }) => {
  const path = (file: string) => fileURLToPath(new URL(`../../${home}/${file}`, import.meta.url));
  const read = (file: string) => readFileSync(path(file), "utf8");
  const files = () => (packed.find((one) => one.name === name)?.files ?? []).map((file) => file.path);

  const modules = () => files().filter((file) => file.endsWith(".js"));

  it("holds its modules, their declarations and maps, a README and the license", () => {
    const others = files().filter((file) => !/^dist\/[-a-z0-9/]+\.(js|js\.map|d\.ts)$/.test(file));
    expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json", ...more].sort());
    expect(modules().length).toBeGreaterThan(10);
  });

  it("holds no module whose source is gone", () => {
    const sources = modules().map((file) => file.replace(/^dist/, "src").replace(/js$/, "ts"));
    expect(sources.filter((source) => !existsSync(path(source)))).toEqual([]);
  });

  it("has source maps that need no other file", () => {
    const all = new Set(files());
    for (const file of all) if (file.endsWith(".js.map")) expect(JSON.parse(read(file)).sourcesContent, file).toHaveLength(1);
    for (const file of modules()) {
      const [, map] = /^\/\/# sourceMappingURL=(.*)$/m.exec(read(file)) ?? [];
      if (map) expect(all, file).toContain(join(file, "..", map));
    }
  });

  it("has a README without links into the repository", () => {
    const links = Array.from(read("README.md").matchAll(/\]\(([^)]*)\)/g), ([, target]) => target);
    expect(links.filter((target) => !target?.startsWith("#"))).toEqual([]);
  });
});
