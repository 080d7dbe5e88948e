/** The names that the package exports, with their kinds, against the list in public-api.txt. `vitest run -u` writes that list anew. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import * as msl from "../src/index.js";

interface Exported {
  readonly name: string;
  readonly isType: boolean;
  /** The module that declares the name, as index.ts has it. */
  readonly from: string;
}

const SOURCES = resolve(import.meta.dirname, "../src");
const NAMED_EXPORT = /^export (type )?\{([^}]*)\} from "([^"]+)";$/gm;

/** The exports of src/index.ts, which has only named exports from other modules. */
function exportsOfIndex(): Exported[] {
  const index = readFileSync(resolve(SOURCES, "index.ts"), "utf8");
  const others = index.replaceAll(NAMED_EXPORT, "").trim();
  if (others !== "") throw new Error(`src/index.ts holds something else than \`export { name } from "module";\`: ${others}`);
  return [...index.matchAll(NAMED_EXPORT)].flatMap(([, onlyTypes, names = "", from = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "")
      .map((name) => ({ name: name.replace(/^type /, ""), isType: Boolean(onlyTypes) || name.startsWith("type "), from })),
  );
}

function kindOf({ name, isType, from }: Exported): string {
  return isType ? kindOfType(name, from) : kindOfValue(Reflect.get(msl, name));
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

it("the package exports the names of public-api.txt with their kinds, and no others", async () => {
  const exported = exportsOfIndex().sort((a, b) => (a.name < b.name ? -1 : 1));
  const values = exported.filter(({ isType }) => !isType).map(({ name }) => name);
  expect(Object.keys(msl).sort()).toEqual(values);
  const lines = exported.map((one) => `${one.name}: ${kindOf(one)}`);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("public-api.txt");
});

it("the package re-exports no type of core-wasm, whose versions differ from those of the package", () => {
  expect(exportsOfIndex().filter(({ from }) => from.startsWith("@"))).toEqual([]);
});
