/**
 * The decoders and encoders of tables that captures have very many of, as straight-line code: a statement or two for each field. The steps that decode.ts and
 * encode.ts make of a table are closures over names, which all tables share, so that an engine looks up each property that they set or get. In straight-line
 * code it knows the property. The code only decodes payloads without anything to report, and so needs no cursor and no receiver of reports, and only encodes
 * ordinary values.
 */

import { minimumSize } from "../src/format/layout/fields.js";
import { MODULE_ENTRY } from "../src/format/payloads/process-tables.js";
import { importOf } from "./declared-types.mjs";

/** A table names its decoder in its third argument, `BLOCK_KINDS` its encoder, by `constantName`. Few tables, since every program loads the functions. */
const TABLES = [MODULE_ENTRY];

const HEADER = `/**
 * Decoders of tables that captures have very many of, for payloads without anything to report, and their encoders for ordinary values.
 * Written by \`npm run reference\` from the tables in this folder and scripts/straight-code.mjs; edit those.
 */
`;

/** Sources by path in packages/msl/src. Throws an `Error` for a field that no straight-line code decodes. */
export function straightCode() {
  const text = TABLES.flatMap((table) => [decoderOf(table), encoderOf(table)]).join("\n");
  return { "format/payloads/straight-code.ts": `${HEADER}${importsOf(text)}\n${text}` };
}

function decoderOf(table) {
  const fields = table.fields.flatMap(alwaysThere);
  const set = (name, value) => `values["${name}"] = ${value};`;
  const statements = [
    "const { bytes } = views;",
    "let at = start;",
    ...runsOf(fields).flatMap((run) => statementsOf(run, fields)),
    "if (at !== end) return undefined;",
    "const values = new Values();",
    set("kind", `"${table.name}"`),
    ...fields.flatMap((field) => valuesOf(field, fields).map((value) => set(field.name, value))),
    "return values;",
  ];
  return `export const ${constantName(table)}_DECODER: StraightDecoder = (views, start, end, Values) => ${blockOf(statements)};\n`;
}

function blockOf(statements) {
  return `{\n${statements.map((statement) => `  ${statement}\n`).join("")}}`;
}

function encoderOf(table) {
  const fields = table.fields.flatMap(alwaysThere);
  const statements = [...fields.flatMap((field) => encodingStatements(field, fields)), "return true;"];
  return `export const ${constantName(table)}_ENCODER: StraightEncoder = (values, output) => ${blockOf(statements)};\n`;
}

/** Each statement that encodes a value ends the function where the value is not ordinary. */
function encodingStatements({ name, kind, size, absent, storage, shown }, fields) {
  const encoded = (method, ...more) => [`if (!output.${method}(${[`values["${name}"]`, ...more].join(", ")})) return false;`];
  switch (kind) {
    case "u64":
      return encoded("ordinaryU64");
    case "zeros":
      return [`output.zeros(${size});`];
    case "length":
      // The method for texts adds 1 to a length of up to 255.
      if (shown || size === 1) break;
      return [`const ${name}At = output.length;`, `output.zeros(${size});`];
    case "bytes":
      if (!absent) break;
      return encoded("ordinaryBytes", size);
    case "text":
    case "blob":
      if (storage !== "padded") break;
      return encoded(
        kind === "text" ? "ordinaryText" : "ordinaryBlob",
        `${lengthName(name, fields)}At`,
        lengthOf(name, fields).size,
      );
  }
  throw new Error(`There is no straight-line code that encodes ${name}`);
}

/** `ModuleEntry` as `MODULE_ENTRY`. */
function constantName({ name }) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

/** The field, or the fields of a group whose absence is a deviation. */
function alwaysThere(field) {
  if (field.kind !== "optional") return [field];
  const { missing, present, when } = field.rule;
  if (missing === undefined || present !== undefined || when) throw new Error(`There is no straight-line code for ${field.name}`);
  return field.fields;
}

/** Runs of fields of fixed size, and between them each field whose size a payload tells. */
function runsOf(fields) {
  const runs = [];
  let isFixed = false;
  for (const field of fields) {
    const goesOn = isFixed;
    isFixed = minimumSize([field]) > 0;
    if (goesOn && isFixed) runs.at(-1).push(field);
    else runs.push([field]);
  }
  return runs;
}

function statementsOf(run, fields) {
  const [{ name, kind, storage }] = run;
  const size = minimumSize(run);
  if (size > 0) {
    const reads = run.flatMap((field, i) => fixedStatements(field, minimumSize(run.slice(0, i))));
    return [`if (at + ${size} > end) return undefined;`, ...reads, `at += ${size};`];
  }
  if (storage !== "padded") throw new Error(`There is no straight-line code for ${name}, which is not padded`);
  const length = lengthName(name, fields);
  const passOver = `at += paddedLength(${length});`;
  if (kind === "text")
    return [`const ${name} = plainText(bytes, at, ${length}, end);`, `if (${name} === undefined) return undefined;`, passOver];
  const isPadded = `isZeroBetween(bytes, ${name}At + ${length}, at)`;
  return [`const ${name}At = at;`, passOver, `if (at > end || !${isPadded}) return undefined;`];
}

/** `offset`: bytes from the start of the run. */
function fixedStatements({ name, kind, size }, offset) {
  const place = (more) => (more === 0 ? "at" : `at + ${more}`);
  switch (kind) {
    case "u64":
      return [`const ${name} = u64At(bytes, ${place(offset)});`];
    case "length":
      return [`const ${name} = u${8 * size}At(bytes, ${place(offset)});`];
    case "zeros":
      return [`if (!isZeroBetween(bytes, ${place(offset)}, ${place(offset + size)})) return undefined;`];
    case "bytes":
      return [`const ${name}At = ${place(offset)};`];
    default:
      throw new Error(`There is no straight-line code for ${name}, a field of the kind ${kind}`);
  }
}

/** The value of the field, if it is a property of what is decoded. */
function valuesOf({ name, kind, size, shown }, fields) {
  if (kind === "zeros" || (kind === "length" && !shown)) return [];
  if (kind === "bytes") return [`views.view(${name}At, ${name}At + ${size})`];
  return [kind === "blob" ? `views.view(${name}At, ${name}At + ${lengthName(name, fields)})` : name];
}

function lengthName(name, fields) {
  return lengthOf(name, fields).name;
}

function lengthOf(name, fields) {
  return fields.find(({ of }) => of === name);
}

/** What the functions use, by source. */
const SOURCES = {
  "../layout/cursor.js": ["isZeroBetween", "u16At", "u32At", "u64At"],
  "../layout/encode.js": ["StraightEncoder"],
  "../layout/fields.js": ["StraightDecoder"],
  "../layout/texts.js": ["paddedLength", "plainText"],
};

function importsOf(text) {
  const imports = Object.entries(SOURCES).map(([from, names]) => {
    const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
    return importOf(used, from, used.every((name) => name.startsWith("Straight")) ? "import type" : "import");
  });
  return imports.join("");
}
