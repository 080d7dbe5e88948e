/** The table of runtime dependencies in docs/decisions, held against the lockfile and the installed packages. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, readText } from "../src/packages.js";
import { installedBytes, runtimeDependencies } from "../src/runtime-dependencies.js";

const PAGE = readText("docs/decisions/0017-dependencies.md");
/** Licences that ask for nothing but their text, and fit Apache-2.0. */
const PERMISSIVE = ["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"];

/** Cells of the rows below the first header line that begins with `| Package |`. */
function tableRows(): string[][] {
  const [, table = ""] = /^\| Package \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)/m.exec(PAGE) ?? [];
  return table
    .trimEnd()
    .split("\n")
    .map((row) => row.slice(2, -2).split(" | "));
}

describe("docs/decisions/0017-dependencies.md", () => {
  it("the table of dependencies has a row for every runtime dependency of the lockfile, with version, licence, bytes and users", () => {
    const expected = runtimeDependencies().map(({ name, version, license, usedBy }) => [
      name,
      version,
      license ?? "none",
      `${(installedBytes(name) / 1e6).toFixed(2)} MB`,
      usedBy.join(", "),
    ]);
    expect(tableRows()).toEqual(expected);
  });

  it("the page states the number of runtime dependencies and their bytes together", () => {
    const dependencies = runtimeDependencies();
    const total = dependencies.reduce((sum, { name }) => sum + installedBytes(name), 0);
    expect(PAGE).toContain(`**${dependencies.length} packages, ${(total / 1e6).toFixed(1)} MB**`);
  });
});

describe.each(runtimeDependencies())("the runtime dependency $name", ({ name, license = "none" }) => {
  it("a runtime dependency has a permissive licence, the same in its manifest and in the lockfile, and contains its text", () => {
    expect(PERMISSIVE).toContain(license);
    const home = join("node_modules", name);
    expect(JSON.parse(readText(join(home, "package.json"))).license).toBe(license);
    expect(["LICENSE", "LICENSE.md", "LICENSE.txt"].some((file) => existsSync(join(ROOT, home, file)))).toBe(true);
  });
});
