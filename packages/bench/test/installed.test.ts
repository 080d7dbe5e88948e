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

/** A checkout with this lock file, and the record that npm left in node_modules. */
function checkout(name: string, record: string | undefined): string {
  const root = join(scratch, name);
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, packages: LOCK }));
  if (record !== undefined) writeFileSync(join(root, "node_modules", ".package-lock.json"), record);
  return root;
}

describe("a checkout", () => {
  it.each([
    ["installed by npm ci", { "node_modules/needed": NEEDED }, true],
    ["with an optional package", { "node_modules/needed": NEEDED, "node_modules/other-system": FOR_ANOTHER_SYSTEM }, true],
    ["with another version", { "node_modules/needed": { ...NEEDED, version: "1.0.1" } }, false],
    ["without a package", {}, false],
    ["with a package that the lock file does not name", { "node_modules/needed": NEEDED, "node_modules/old": NEEDED }, false],
  ])("%s: installed is %s", (name, packages, installed) => {
    expect(isInstalled(checkout(name, JSON.stringify({ lockfileVersion: 3, packages })))).toBe(installed);
  });

  it.each([
    ["without a record", undefined],
    ["with a record that was cut off", '{"packages": {'],
  ])("%s is not installed", (name, record) => {
    expect(isInstalled(checkout(name, record))).toBe(false);
  });
});
