/**
 * The declared types of headers, payloads and values to write: interfaces with a text for each field, written from the tables. The types that
 * TypeScript computes from the tables are equal, which packages/msl/test/declared-types.test.ts has the compiler check; they have no texts.
 */

import * as exportsOfCodes from "../src/format/codes.js";
import { ENCRYPTION_EXTENSION } from "../src/format/encryption-extension.js";
import { FILE_HEADER } from "../src/format/file-header.js";
import { MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import { KERNEL_SYMBOL_BUNDLE } from "../src/format/payloads/producer-tables.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { BLOCK_KINDS } from "../src/write/block-kinds.js";
import { meaningOf } from "./field-texts.mjs";

const HEADERS = [FILE_HEADER, ENCRYPTION_EXTENSION, MEMORY_REGION];
const WRITTEN =
  "Written by `npm run reference` from the tables in this folder and the texts in scripts/field-texts.mjs; edit those.";

/** The tables of codes that the package exports, by the name of the export. */
const CODE_TABLES = new Map(Object.entries(exportsOfCodes).filter(([, { names }]) => names !== undefined));

/** Sources by path in packages/msl/src. Throws an `Error` for a field without a text. */
export function declaredTypes() {
  const writable = new Set(Object.values(BLOCK_KINDS).map(({ layout }) => layout));
  const payloads = [...new Set([...Object.values(PAYLOAD_LAYOUTS), KERNEL_SYMBOL_BUNDLE])];
  const specified = payloads.filter((layout) => writable.has(layout) || layout.name === "EndOfCapture");
  const others = payloads.filter((layout) => !specified.includes(layout));
  return {
    "format/payloads/payload-types.ts": source("Payloads that the specification defines, as readers return them.", [
      ...specified.map((layout) => declared(DECODED, layout, `${layout.name}Payload`)),
      unionOf("SpecifiedPayload", "A payload that the specification defines", specified),
    ]),
    "format/payloads/other-types.ts": source(
      "Headers, and payloads that memslicer and MemDiver define, as readers return them.",
      [
        ...HEADERS.map((layout) => declared(DECODED, layout, `${layout.name}Fields`)),
        ...others.map((layout) => declared(DECODED, layout, `${layout.name}Payload`)),
        unionOf("ProducerPayload", "A payload that memslicer or MemDiver defines", others),
      ],
    ),
    "format/payloads/writable-types.ts": source(
      "The values that blocks are written from. The objects that readers return are such values, too.",
      [
        ...[...writable].map((layout) => declared(WRITABLE, layout, `Writable${layout.name}`)),
        `/** The value that a block is written from, by its kind. */\nexport interface WritableTables {\n${[...writable]
          .map(({ name }) => `  readonly ${name}: Writable${name};\n`)
          .join("")}}\n`,
      ],
    ),
  };
}

function source(title, parts) {
  const text = parts.join("\n");
  const tables = [...CODE_TABLES.keys()].filter((name) => text.includes(`typeof ${name}>`));
  const imports = [
    ...(tables.length > 0 ? [importOf(["CodeOf", ...tables].sort(), "../codes.js")] : []),
    ...(text.includes("RawRow") ? [importOf(["RawRow"], "../layout/fields.js")] : []),
  ];
  return `/**\n * ${title}\n * ${WRITTEN}\n */\n${imports.join("")}\n${text}`;
}

/** In the form that the formatter has: several lines where one would be too long. No text without names. */
export function importOf(names, from, keyword = "import type") {
  if (names.length === 0) return "";
  const line = `${keyword} { ${names.join(", ")} } from "${from}";\n`;
  return line.length <= 130 ? line : `${keyword} {\n${names.map((name) => `  ${name},\n`).join("")}} from "${from}";\n`;
}

function unionOf(name, title, layouts) {
  return `/** ${title}. */\nexport type ${name} =\n${layouts.map((layout) => `  | ${layout.name}Payload`).join("\n")};\n`;
}

/** How the two families of types differ. `optional`: whether the property may be left out. */
const DECODED = { entry: (layout) => entryName(layout), row: (layout) => `${layout.name}Row`, optional: () => false };
const WRITABLE = {
  entry: (layout) => `Writable${entryName(layout)}`,
  row: (layout) => `Writable${layout.name}Row`,
  optional: ({ kind, absent, hex, shown }, isCounter) =>
    isCounter || kind === "text" || (kind === "blob" && !hex) || absent === true || shown === true,
};

function entryName({ name }) {
  return /(Entry|Row)$/.test(name) ? name : `${name}Entry`;
}

/** The interface of a layout, after the interfaces of its entries and rows. `rowType`: of a row. */
function declared(family, layout, name, rowType) {
  const inner = [];
  const properties = [];
  if (name.endsWith("Payload")) properties.push(`  readonly kind: "${layout.name}";\n`);
  if (rowType !== undefined) properties.push(`  /** ${layout.name}. */\n  readonly rowType: ${rowType};\n`);
  const add = (field, tail) => {
    if (field.kind === "zeros" || (field.kind === "length" && !field.shown)) return;
    if (field.kind === "entries") inner.push(declared(family, field.layout, family.entry(field.layout)));
    if (field.kind === "rows") inner.push(...declaredRows(family, layout, field));
    properties.push(...propertiesOf(family, layout, field, tail));
  };
  for (const field of layout.fields)
    if (field.kind === "optional") for (const one of field.fields) add(one, field);
    else add(field);
  return `${[...inner, `/** ${titleOf(family, layout, name)} */\nexport interface ${name} {\n${properties.join("")}}\n`].join("\n")}`;
}

/** The interfaces of all rows, and their union. */
function declaredRows(family, layout, { bodies }) {
  const rows = Object.entries(bodies).map(([type, body]) => declared(family, body, family.row(body), type));
  const names = [...Object.values(bodies).map(family.row), "RawRow"];
  return [
    ...rows,
    `/** A row of ${layout.name}. */\nexport type ${family.row(layout)} =\n${names.map((name) => `  | ${name}`).join("\n")};\n`,
  ];
}

function titleOf(family, layout, name) {
  const what = name.endsWith("Fields") ? `The fields of ${layout.name}` : layout.name;
  return `${what}${family === WRITABLE ? " to be written" : ""} (docs/fields.md).`;
}

function propertiesOf(family, layout, field, tail) {
  const { name } = field;
  const list = layout.fields.find((other) => (other.kind === "entries" ? other.rule.count : other.count) === name);
  const optional = family.optional(field, list !== undefined);
  const table = field.codes && [...CODE_TABLES].find(([, table]) => table === field.codes)?.[0];
  const notes = [meaningOf(layout, field), rangeOf(layout, field, tail)].filter(Boolean);
  if (table) notes.push(`\`${table}\` names the registered codes`);
  if (family === WRITABLE && list) notes.push(`Follows from \`${list.name}\``);
  const [mark, missing] =
    family === DECODED
      ? ["", tail && tail.absent[name] === null ? " | null" : ""]
      : tail
        ? ["?", " | null | undefined"]
        : optional
          ? ["?", " | undefined"]
          : ["", ""];
  const type = family === WRITABLE && table ? `CodeOf<typeof ${table}>` : typeOf(family, layout, field);
  const properties = [`  /** ${notes.join(". ")}. */\n  readonly ${name}${mark}: ${type}${missing};\n`];
  if (field.codes) {
    const text = `Registered name of \`${name}\`; of an unknown code its number, such as \`0x00ff\``;
    const given = family === WRITABLE ? ". Ignored" : "";
    const suffix = family === WRITABLE ? "?: string | undefined" : ": string";
    properties.push(`  /** ${text}${given}. */\n  readonly ${name}Name${suffix};\n`);
  }
  return properties;
}

function typeOf(family, layout, field) {
  switch (field.kind) {
    case "uint":
    case "length":
      return "number";
    case "flag":
      return "boolean";
    case "u64":
      return "bigint";
    case "entries":
      return `readonly ${family.entry(field.layout)}[]`;
    case "rows":
      return `readonly ${family.row(layout)}[]`;
    case "uuid":
    case "text":
    case "tightText":
      return "string";
    case "bytes":
    case "blob":
    case "slot":
      return "Uint8Array";
    default:
      throw new Error(`No type for fields of kind ${field.kind}`);
  }
}

/** The range of the stored value; undefined where there is none. */
function rangeOf(layout, field, tail) {
  const inner = tail?.fields ?? layout.fields;
  const length = inner.find((other) => other.kind === "length" && other.of === field.name);
  switch (field.kind) {
    case "uint":
    case "length":
      return `u${8 * field.size}: ${field.codes ? "code, " : ""}0 to ${most(field.size, 1)}`;
    case "u64":
      return `u64: 0 to ${most(8, 1)}`;
    case "uuid":
      return "UUID as text";
    case "bytes":
      return `${field.size} bytes`;
    case "slot":
      return `Up to ${field.size} bytes`;
    case "text":
      return `Text of up to ${most(length.size, field.storage === "padded" ? 2 : 1)} bytes in UTF-8`;
    case "tightText":
      return `Text of up to ${most(2, 1)} bytes in UTF-8`;
    case "blob":
      return `Up to ${most(length.size, 1)} bytes`;
    default:
      return undefined;
  }
}

/** The largest integer of `size` bytes, or one less, as text. */
function most(size, below) {
  return size > 2 ? `2^${8 * size} - ${below}` : (2 ** (8 * size) - below).toLocaleString("en");
}
