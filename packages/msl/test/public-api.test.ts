/** The names that each entry of the package exports, with their kinds, against the lists in public-api*.txt. `vitest run -u` writes them anew. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import * as msl from "../src/index.js";
import * as reading from "../src/read.js";
import * as verifying from "../src/verify.js";
import * as working from "../src/work.js";

interface Exported {
  readonly name: string;
  readonly isType: boolean;
  /** The module that declares the name, as index.ts has it. */
  readonly from: string;
}

const SOURCES = resolve(import.meta.dirname, "../src");
const ALL_OF_READ = `export * from "./read.js";`;
const NAMED_EXPORT = /^export (type )?\{([^}]*)\} from "([^"]+)";$/gm;

/** The exports of an entry that has only named exports from other modules, all exports of the entry read.ts, and a comment. */
function exportsOf(entry: string): Exported[] {
  const text = readFileSync(resolve(SOURCES, entry), "utf8").replace(/^\/\*\*[\s\S]*?\*\/\n/, "");
  const others = text.replace(ALL_OF_READ, "").replaceAll(NAMED_EXPORT, "").trim();
  if (others !== "") throw new Error(`src/${entry} holds something else than \`export { name } from "module";\`: ${others}`);
  const named = [...text.matchAll(NAMED_EXPORT)].flatMap(([, onlyTypes, names = "", from = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "")
      .map((name) => ({ name: name.replace(/^type /, ""), isType: Boolean(onlyTypes) || name.startsWith("type "), from })),
  );
  return text.includes(ALL_OF_READ) ? [...exportsOf("read.ts"), ...named] : named;
}

function kindOf({ name, isType, from }: Exported, module: object): string {
  return isType ? kindOfType(name, from) : kindOfValue(Reflect.get(module, name));
}

function kindOfValue(value: unknown): string {
  if (typeof value !== "function") return "constant";
  return /^class\b/.test(String(value)) ? "class" : "function";
}

/** A class whose type alone is exported cannot be constructed by users of the package. */
function kindOfType(name: string, from: string): string {
  const source = readFileSync(resolve(SOURCES, from.replace(/\.js$/, ".ts")), "utf8");
  const declared = new RegExp(`^export (?:abstract )?(class|interface|type) ${name}\\b`, "m").exec(source)?.[1];
  if (declared === undefined) throw new Error(`${from} declares no type ${name}`);
  return declared === "class" ? "type of a class" : declared;
}

it.each([
  ["index.ts", msl, "public-api.txt"],
  ["read.ts", reading, "public-api-read.txt"],
  ["work.ts", working, "public-api-work.txt"],
])("the entry %s exports the names of its list with their kinds, and no others", async (entry, module, list) => {
  const exported = exportsOf(entry).sort((a, b) => (a.name < b.name ? -1 : 1));
  const values = exported.filter(({ isType }) => !isType).map(({ name }) => name);
  expect(Object.keys(module).sort()).toEqual(values);
  const lines = exported.map((one) => `${one.name}: ${kindOf(one, module)}`);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(list);
});

it("the entry read.ts exports neither writing nor transcode nor sinks", () => {
  expect(exportsOf("read.ts").filter(({ from }) => /^(\.\/(write|transcode)\/|#file-sink)/.test(from))).toEqual([]);
});

it("the entry verify.ts exports a verifyStream without ciphers and functions of the package", () => {
  const { verifyStream, ...others } = verifying;
  expect(verifyStream).not.toBe(msl.verifyStream);
  expect(others).toEqual({ MslError: msl.MslError, describeReport: msl.describeReport, reportJson: msl.reportJson });
});

it("the package re-exports no type of core-wasm, whose versions differ from those of the package", () => {
  expect(exportsOf("index.ts").filter(({ from }) => from.startsWith("@"))).toEqual([]);
});
