/**
 * The decoders of tables that captures have very many of, as straight-line code: a statement for each field. The steps that decode.ts makes of a table
 * are closures over names, which all tables share, so that an engine looks up each property that they set. In straight-line code it knows the property.
 */

import * as codeTables from "../src/format/codes.js";
import { isStraight } from "../src/format/layout/field-steps.js";
import { MODULE_ENTRY } from "../src/format/payloads/process-tables.js";
import { importOf } from "./declared-types.mjs";

/** A table names its functions in its third argument, by `constantName`. Few tables, since every program that reads captures loads the functions. */
const TABLES = [MODULE_ENTRY];

const HEADER = `/**
 * Decoders of tables that captures have very many of: a function for each run of fields.
 * Written by \`npm run reference\` from the tables in this folder and scripts/straight-steps.mjs; edit those.
 */
`;

/** Sources by path in packages/msl/src. Throws an `Error` for a text or blob whose length does not stand in the same run of fields. */
export function straightSteps() {
  const text = TABLES.map(constantOf).join("\n");
  return { "format/payloads/straight-steps.ts": `${HEADER}${importsOf(text)}\n${text}` };
}

function constantOf(table) {
  const functions = runsOf(table.fields).map((run) => {
    const statements = run.flatMap((field) => statementsOf(field, run)).map((statement) => `    ${statement};\n`);
    return `  (cursor, values) => {\n${statements.join("")}  },\n`;
  });
  return `export const ${constantName(table)}: readonly StraightStep[] = [\n${functions.join("")}];\n`;
}

/** `ModuleEntry` as `MODULE_ENTRY`. */
function constantName({ name }) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** Runs of fields, as decode.ts divides them: other steps decode lists and codes with a limit, and look whether an optional group is there. */
function runsOf(fields) {
  const runs = [[]];
  for (const field of fields) {
    if (isStraight(field)) runs.at(-1).push(field);
    else runs.push(...(field.kind === "optional" ? runsOf(field.fields) : []), []);
  }
  return runs.filter(({ length }) => length > 0);
}

function statementsOf(field, run) {
  const { name, kind, size } = field;
  const set = (value, property = name) => `values["${property}"] = ${value}`;
  const uint = `cursor.uint(${size}, "${name}")`;
  switch (kind) {
    case "uint":
      if (!field.codes) return [set(uint)];
      return [`const ${name} = ${uint}`, set(name), set(`codes.codeName(codes.${codesName(field)}, ${name})`, `${name}Name`)];
    case "length":
      return [`const ${name} = ${uint}`, ...(field.shown ? [set(name)] : [])];
    case "zeros":
      return [`skipReserved(${size}, cursor)`];
    case "flag":
      return [set(`${uint} !== 0`)];
    case "u64":
      return [set(`cursor.u64("${name}")`)];
    case "uuid":
      return [set(`uuidText(cursor.bytes, cursor.advance(16, "${name}"))`)];
    case "bytes":
      return [set(`cursor.take(${size}, "${name}")`)];
    case "tightText":
      return [set(`tightText("${name}", cursor)`)];
    case "text":
      return [set(`${field.storage}Text("${name}", ${lengthName(field, run)}, cursor)`)];
    case "blob":
      return [set(`takeStored("${name}", ${lengthName(field, run)}, ${field.storage === "padded"}, cursor)`)];
    default:
      throw new Error(`There is no straight-line code for a field of the kind ${kind}`);
  }
}

function codesName({ codes }) {
  const [name] = Object.entries(codeTables).find(([, table]) => table === codes) ?? [];
  if (name === undefined) throw new Error("A table of codes in straight-line code is no export of codes.ts");
  return name;
}

function lengthName({ name }, run) {
  const length = run.find(({ of }) => of === name);
  if (!length) throw new Error(`The length of ${name} stands in another run of fields`);
  return length.name;
}

/** What the functions use, by source. */
const SOURCES = {
  "../layout/cursor.js": ["skipReserved", "takeStored"],
  "../layout/fields.js": ["StraightStep"],
  "../layout/texts.js": ["packedText", "paddedText", "tightText"],
  "../layout/uuid-text.js": ["uuidText"],
};

function importsOf(text) {
  const imports = Object.entries(SOURCES).map(([from, names]) => {
    const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
    return importOf(used, from, from === "../layout/fields.js" ? "import type" : "import");
  });
  const codes = text.includes("codes.") ? ['import * as codes from "../codes.js";\n'] : [];
  return [...codes, ...imports].join("");
}
