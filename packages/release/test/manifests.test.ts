/** What the manifests of the published packages say, held against package.json of the root and the lockfile. */
import { describe, expect, it } from "vitest";
import { HOME, PUBLISHED, readManifest, readText } from "../src/packages.js";
import { runtimeDependencies } from "../src/runtime-dependencies.js";

const root = readManifest(".");
const names = PUBLISHED.map(({ manifest }) => manifest.name);

/** Scripts that npm runs when a user installs a package, from the registry or from a repository. */
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/** The lowest version that a range `>=X.Y.Z` allows, as numbers. Throws an `Error` for other ranges. */
function lowest(range: string): number[] {
  const [, version] = /^>=\s*(\d+(?:\.\d+){0,2})$/.exec(range) ?? [];
  if (version === undefined) throw new Error(`The range ${JSON.stringify(range)} is not of the form >=X.Y.Z`);
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return [major, minor, patch];
}

function isAtLeast(version: readonly number[], other: readonly number[]): boolean {
  const [difference = 0] = version.map((number, i) => number - (other[i] ?? 0)).filter((one) => one !== 0);
  return difference >= 0;
}

it("the published packages have their places in the list of packages with one version", () => {
  expect(names).toEqual(expect.arrayContaining(["@memslice/cli", "@memslice/core-wasm", "@memslice/msl"]));
  expect(JSON.parse(readText(".changeset/config.json")).fixed.map((list: string[]) => list.toSorted())).toEqual([names]);
});

it("the manifest of the root states the address of the repository", () => {
  expect(HOME).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w-]+$/);
  expect(root).toMatchObject({ homepage: `${HOME}#readme`, bugs: { url: `${HOME}/issues` } });
});

describe.each(PUBLISHED)("the manifest of $manifest.name", ({ directory, manifest }) => {
  it("a manifest names the repository, the homepage and the issues at the address of the root's manifest", () => {
    expect(manifest).toMatchObject({
      homepage: `${HOME}/tree/main/${directory}#readme`,
      repository: { type: "git", url: `git+${HOME}.git`, directory },
      bugs: { url: `${HOME}/issues` },
    });
  });

  it("a manifest has the license and the Node versions of the root's manifest", () => {
    expect(manifest.license).toBe(root.license);
    expect(manifest.engines).toEqual(root.engines);
  });

  it("a manifest asks for exact versions, and for the same version of other packages of the repository", () => {
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
      if (names.includes(name)) expect(version).toBe(manifest.version);
    }
  });

  it("a package runs no script when it is installed", () => {
    expect(Object.keys(manifest.scripts ?? {}).filter((script) => INSTALL_SCRIPTS.includes(script))).toEqual([]);
  });
});

it("jsr.json of the core has the exports of its manifest, and of each import the script for runtimes without a condition", () => {
  const jsr = JSON.parse(readText("packages/core-wasm/jsr.json"));
  const { name, license, exports, imports } = JSON.parse(readText("packages/core-wasm/package.json"));
  const defaults = (conditions: Record<string, string | { default: string }>) =>
    Object.entries(conditions).flatMap(([key, target]) => (typeof target === "string" ? [] : [[key, target.default]]));
  expect(jsr).toMatchObject({ name, license });
  expect(Object.entries(jsr.exports)).toEqual(defaults(exports));
  expect(Object.entries(jsr.imports)).toEqual(defaults(imports));
});

it("the API reference documents every published package that exports types", () => {
  const exporting = PUBLISHED.filter(({ manifest }) => typeof manifest.exports?.["."] === "object");
  const { entryPoints } = JSON.parse(readText("packages/release/typedoc.json"));
  expect(entryPoints.toSorted()).toEqual(exporting.map(({ directory }) => directory.replace("packages/", "../")));
});

it("no runtime dependency runs a script when it is installed", () => {
  const dependencies = runtimeDependencies();
  expect(dependencies.length).toBeGreaterThan(0);
  expect(dependencies.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)).toEqual([]);
});

it("every runtime dependency supports all Node versions that the manifests name", () => {
  const ours = lowest(root.engines?.node ?? "");
  const refusing = runtimeDependencies().filter(({ engines }) => !isAtLeast(ours, lowest(engines?.node ?? ">=0")));
  expect(refusing.map(({ name, engines }) => `${name}: ${engines?.node}`)).toEqual([]);
});

it("the entries of msl are chosen by the same conditions, so that a program gets one copy of what they share", () => {
  const { exports } = JSON.parse(readText("packages/msl/package.json")) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const entries = Object.entries(exports).filter(([name]) => name !== "./package.json" && name !== "./worker");
  const shapeOf = (name: string, conditions: string | Record<string, string>) => {
    const script = name === "." ? "index" : name.slice(2);
    return JSON.stringify(conditions).replaceAll(`/${script}.`, "/ENTRY.");
  };
  expect(entries.length).toBeGreaterThan(6);
  expect(new Set(entries.map(([name, conditions]) => shapeOf(name, conditions))).size).toBe(1);
});
