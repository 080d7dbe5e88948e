import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const script = new URL("../../../scripts/installed.mjs", import.meta.url);
const { isInstalled } = (await import(script.href)) as { isInstalled(root: string): boolean };

const scratch = mkdtempSync(join(tmpdir(), "memslice-installed-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const NEEDED = { version: "1.0.0", integrity: "sha512-a" };
const FOR_ANOTHER_SYSTEM = { version: "1.0.0", optional: true, os: ["plan9"] };
const LOCK = { "": { name: "root" }, "node_modules/needed": NEEDED, "node_modules/other-system": FOR_ANOTHER_SYSTEM };

/** Makes a checkout with a lock file and with the record that npm leaves in node_modules. */
function checkout(name: string, record: string | undefined): string {
  const root = join(scratch, name);
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages: LOCK }));
  if (record !== undefined) writeFileSync(join(root, "node_modules", ".package-lock.json"), record);
  return root;
}

describe("isInstalled", () => {
  it.each([
    ["a checkout installed by npm ci", { "node_modules/needed": NEEDED }, true],
    [
      "a checkout with an optional package",
      { "node_modules/needed": NEEDED, "node_modules/other-system": FOR_ANOTHER_SYSTEM },
      true,
    ],
    ["a checkout with another version", { "node_modules/needed": { ...NEEDED, version: "1.0.1" } }, false],
    ["a checkout without a required package", {}, false],
    [
      "a checkout with a package that the lock file does not name",
      { "node_modules/needed": NEEDED, "node_modules/old": NEEDED },
      false,
    ],
  ])("isInstalled judges %s: installed is %s", (name, packages, installed) => {
    expect(isInstalled(checkout(name, JSON.stringify({ lockfileVersion: 3, packages })))).toBe(installed);
  });

  it.each([
    ["without a record of npm", undefined],
    ["with a truncated record of npm", '{"packages": {'],
  ])("isInstalled returns false for a checkout %s", (name, record) => {
    expect(isInstalled(checkout(name, record))).toBe(false);
  });
});
