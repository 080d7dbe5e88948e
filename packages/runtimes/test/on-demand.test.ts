/** What the packed entries for Node load when they are imported, and that the classes and functions which they load later are those of the library. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unpackPackages } from "../src/launch/installation.js";

const CAPTURE = fileURLToPath(new URL("../../../fixtures/captures/ms-basic-plain.msl", import.meta.url));
const ENTRIES = ["index", "read", "plain", "verify", "work"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-on-demand-"));
  unpackPackages(folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Standard output of an ES module that Node runs in the folder of the packages. */
function run(program: string, environment: Readonly<Record<string, string>> = {}): string {
  const path = join(folder, "program.mjs");
  writeFileSync(path, program);
  const env = { ...process.env, ...environment };
  return execFileSync(process.execPath, [path], { cwd: folder, encoding: "utf8", env }).trim();
}

/** The JSON that a program prints. */
function told(program: string): unknown {
  return JSON.parse(run(`import * as msl from "@memslice/msl";\n${program}`));
}

/** The scripts of packages that a program has loaded when it ends, sorted. */
function loadedBy(program: string): readonly string[] {
  const coverage = join(folder, "coverage");
  rmSync(coverage, { recursive: true, force: true });
  run(program, { NODE_V8_COVERAGE: coverage });
  const urls = readdirSync(coverage).flatMap((file): readonly string[] => {
    const { result }: { result: readonly { url: string }[] } = JSON.parse(readFileSync(join(coverage, file), "utf8"));
    return result.map(({ url }) => url);
  });
  const ofPackages = urls.flatMap((url) => /\/node_modules\/(.*)$/.exec(url)?.[1] ?? []);
  return ofPackages.map((path) => path.replace(/-[0-9a-z]{8}\.js$/, ".js")).sort();
}

describe("import", () => {
  it.each(ENTRIES)("the entry %s loads two scripts, of which one has the constants", (entry) => {
    const specifier = entry === "index" ? "@memslice/msl" : `@memslice/msl/${entry}`;
    const scripts = ["@memslice/msl/dist/node/chunks/constants.js", `@memslice/msl/dist/node/${entry}.js`];
    expect(loadedBy(`import "${specifier}";`)).toEqual(scripts);
  });

  it("a program that reads loads nothing that writes", () => {
    const reading = `import { openCapture } from "@memslice/msl"; await (await openCapture(${JSON.stringify(CAPTURE)})).verify();`;
    const loaded = loadedBy(reading).join("\n");
    expect(loaded).toContain("read-open-source");
    expect(loaded).not.toMatch(/write|transcode|seal|stream-reader/);
  });

  it.each(ENTRIES)(
    "the entry %s has the names of the entry for other runtimes, of the same kinds, and the same constants",
    (entry) => {
      const home = join(folder, "node_modules/@memslice/msl/dist");
      const difference = `const kind = (value) => typeof value === "bigint" ? String(value) + "n" : typeof value !== "function" ? JSON.stringify(value) : /^class/.test(value) ? "class" : "function";
const all = (module) => Object.keys(module).sort().map((name) => [name, kind(module[name])]);
const [ours, theirs] = await Promise.all(["node/${entry}.js", "${entry}.js"].map((script) => import(${JSON.stringify(home)} + "/" + script)));
const classes = Object.keys(theirs).filter((name) => /^class/.test(theirs[name]));
const shown = all(ours).map(([name, value]) => [name, classes.includes(name) && ours[name].prototype ? "class" : value]);
console.log(JSON.stringify([shown, all(theirs)]));`;
      const [ours, theirs] = JSON.parse(run(difference));
      expect(ours).toEqual(theirs);
    },
  );
});

describe("classes that are loaded with their first use", () => {
  it("make instances of themselves, which name the class", () => {
    const program = `const reader = new msl.MslSliceReader((await import("node:fs")).readFileSync(${JSON.stringify(CAPTURE)}));
const sink = new msl.BytesSink();
console.log(JSON.stringify([reader instanceof msl.MslSliceReader, sink instanceof msl.BytesSink, sink instanceof msl.MslSliceReader, {} instanceof msl.MslReader,
  reader.constructor.name, msl.MslWriter.name, typeof msl.MslWriter.resume, "resume" in msl.MslWriter, Object.getOwnPropertyNames(msl.MslWriter).includes("resume")]));`;
    expect(told(program)).toEqual([true, true, false, false, "MslSliceReader", "MslWriter", "function", true, true]);
  });

  it("are the constructors of their instances, and the same classes in every entry", () => {
    const program = `const reading = await import("@memslice/msl/read");
const sink = new msl.BytesSink();
class Counted extends msl.BytesSink {}
console.log(JSON.stringify([sink.constructor === msl.BytesSink, new sink.constructor() instanceof msl.BytesSink, new Counted().constructor === Counted,
  reading.MslReader === msl.MslReader, reading.PageStates === msl.PageStates, reading.MslReader === msl.MslWriter,
  Object.keys(msl.BytesSink.prototype), String(sink.constructor.name)]));`;
    expect(told(program)).toEqual([true, true, true, true, true, false, [], "BytesSink"]);
  });

  it("can be frozen and sealed, and then work as before", () => {
    const program = `Object.freeze(msl.BytesSink);
Object.seal(msl.MslWriter);
Object.freeze(msl.MslWriter.prototype);
const refused = (change) => { try { change(); return false; } catch (error) { return error instanceof TypeError; } };
const properties = Object.getOwnPropertyNames(msl.MslWriter);
const writer = new msl.MslWriter(new msl.BytesSink(), { header: { osType: "Linux", archType: "x86_64", pid: 1 }, contents: [] });
console.log(JSON.stringify([Object.isFrozen(msl.BytesSink), Object.isSealed(msl.MslWriter), Object.isExtensible(msl.MslSliceReader),
  refused(() => { msl.BytesSink.own = 1; }), refused(() => { delete msl.MslWriter.resume; }), properties.includes("resume"),
  writer instanceof msl.MslWriter, writer.constructor === msl.MslWriter, typeof msl.MslWriter.resume]));`;
    expect(told(program)).toEqual([true, true, true, true, true, true, true, true, "function"]);
  });

  it("take properties and another prototype like any class", () => {
    const program = `class Named { static named() { return this.name; } }
Object.setPrototypeOf(msl.BytesSink, Named);
Object.defineProperty(msl.BytesSink, "fixed", { value: 7 });
msl.BytesSink.own = 1;
delete msl.BytesSink.own;
const { configurable, writable } = Object.getOwnPropertyDescriptor(msl.BytesSink, "prototype");
console.log(JSON.stringify([msl.BytesSink.named(), Object.getPrototypeOf(msl.BytesSink) === Named, msl.BytesSink.fixed,
  Object.getOwnPropertyDescriptor(msl.BytesSink, "fixed").configurable, "own" in msl.BytesSink, configurable, writable]));`;
    expect(told(program)).toEqual(["BytesSink", true, 7, false, false, false, false]);
  });

  it("can be extended, also before anything was loaded", () => {
    const program = `class Counted extends msl.MslSliceReader { get twice() { return 2 * this.length; } }
const counted = new Counted((await import("node:fs")).readFileSync(${JSON.stringify(CAPTURE)}));
console.log(JSON.stringify([counted.twice / counted.length, counted instanceof Counted, counted instanceof msl.MslSliceReader, counted.constructor.name]));`;
    expect(told(program)).toEqual([2, true, true, "Counted"]);
  });

  it("have a prototype whose methods can be replaced", () => {
    const program = `msl.MslWriter.prototype.end = () => "replaced";
const writer = new msl.MslWriter(new msl.BytesSink(), { header: { osType: "Linux", archType: "x86_64", pid: 1 }, contents: [] });
console.log(JSON.stringify(writer.end()));`;
    expect(told(program)).toBe("replaced");
  });

  it("throw the MslError that the entry exports, as its functions reject with it", () => {
    const program = `const thrown = [];
try { new msl.MslSliceReader(new Uint8Array(9)); } catch (error) { thrown.push(error instanceof msl.MslError && error.code); }
const promise = msl.openCapture(new Uint8Array(9), { unknown: 1 });
await promise.catch((error) => thrown.push(error instanceof msl.MslError && error.code));
console.log(JSON.stringify(thrown));`;
    expect(told(program)).toEqual(["not-msl", "usage"]);
  });

  it("work while an asynchronous function is loading the same scripts", () => {
    const program = `import { readFileSync } from "node:fs";
const opening = [msl.openCapture, msl.inspectCapture].map((open) => open(${JSON.stringify(CAPTURE)}));
const core = import("@memslice/core-wasm");
const reader = new msl.MslSliceReader(readFileSync(${JSON.stringify(CAPTURE)}));
const [capture] = await Promise.all(opening);
console.log(JSON.stringify([reader.length === capture.blocks.length, (await capture.verify()).verdict, typeof (await core).blake3]));`;
    expect(told(program)).toEqual([true, "chain-ok+filehash-ok", "function"]);
  });
});
