/** The reference pages of docs/, written from the tables that the library itself decodes and reports by. */

import { counted } from "../src/counted.js";
import { REJECTS_BLOCK, REJECTS_FILE } from "../src/deviations/deviation.js";
import { BLOCK_HEADER } from "../src/format/block-header.js";
import { BLOCK_TYPE, codeName } from "../src/format/codes.js";
import { DIALECTS } from "../src/format/dialects/dialects.js";
import { ENCRYPTION_EXTENSION } from "../src/format/encryption-extension.js";
import { FILE_HEADER } from "../src/format/file-header.js";
import { LEGACY_MEMORY_REGION, MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import { KERNEL_SYMBOL_BUNDLE } from "../src/format/payloads/producer-tables.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { SYSTEM_CONTEXT_B } from "../src/format/payloads/system-tables.js";
import { BLOCK_RULES } from "../src/lint/block-rules.js";
import { PAYLOAD_RULES } from "../src/lint/payload-rules.js";
import { RELATION_RULES } from "../src/lint/relation-rules.js";
import { rangeText } from "../src/options/checks.js";
import { meaningOf } from "./field-texts.mjs";
import { OPTION_TABLES } from "./option-tables.mjs";

const WRITTEN = "Written by `npm run reference` from the tables in `packages/msl/src`; edit those.";

/** Pages by file name. */
export function referencePages() {
  return {
    "fields.md": fieldsPage(),
    "deviations.md": deviationsPage(),
    "dialects.md": dialectsPage(),
    "options.md": optionsPage(),
  };
}

function optionsPage() {
  return optionTablesPage("Options", "The options of each function", WRITTEN, OPTION_TABLES);
}

/** A page of tables of options; also for packages that build on this one. */
export function optionTablesPage(title, subject, written, tables) {
  const sections = tables.map(({ of, checks, required }) => {
    const rows = optionRows(checks, required, "");
    return `## \`${of}\`\n\n| Option | Value |\n|---|---|\n${rows.join("\n")}\n`;
  });
  return `# ${title}

${written}

${subject}, and the values that they may have. Another name or value is refused with an \`MslError\` of the code
\`usage\`; \`undefined\` means that the option is not given. The type declarations of the function describe the effect of each option.

${sections.join("\n")}`;
}

/** Options inside of objects follow their object, with its name. */
function optionRows(checks, required, path) {
  return Object.entries(checks).flatMap(([name, rule]) => {
    const nested = [rule, ...(rule.kind === "either" ? rule.of : []), ...(rule.kind === "list" ? [rule.of] : [])];
    const inner = nested.filter(({ kind }) => kind === "object");
    const value = `${required.includes(name) ? "required: " : ""}${rangeText(rule)}`;
    const at = `${path}${name}${rule.kind === "list" ? "[]" : ""}`;
    const rows = inner.flatMap((object) => optionRows(object.checks, object.required, `${at}.`));
    return [`| \`${path}${name}\` | ${value} |`, ...rows];
  });
}

function fieldsPage() {
  const payloads = Object.entries(PAYLOAD_LAYOUTS).map(([type, layout]) =>
    section(`${layout.name} ${code(Number(type))}`, layout),
  );
  return `# Fields

${WRITTEN}

Integers are little-endian. Offsets are given while they are fixed. Padded text and blobs are zero-filled to a multiple of 8 bytes;
text lengths count the NUL.

${[
  section("File header", FILE_HEADER),
  section("Encryption extension, from byte 64 of the header of an encrypted capture", ENCRYPTION_EXTENSION),
  section("Block header", BLOCK_HEADER),
  section(`${MEMORY_REGION.name} ${code(1)}, fixed part`, MEMORY_REGION),
  section(`${MEMORY_REGION.name} of MSL 0.1 and the draft of 2026-03-14, fixed part`, LEGACY_MEMORY_REGION),
  ...payloads,
  section(`SystemContext of memslicer 0.2.4 and later ${code(0x50)}`, SYSTEM_CONTEXT_B),
  section(`KernelSymbolBundle of memslicer ${code(0x55)}`, KERNEL_SYMBOL_BUNDLE),
].join("\n")}`;
}

function code(type) {
  return `0x${type.toString(16).padStart(4, "0").toUpperCase()}`;
}

function section(title, layout) {
  const nested = layout.fields.flatMap(nestedLayouts).map((inner) => section(inner.name, inner).replace(/^## /, "### "));
  return `## ${title}\n\n| Offset | Field | Stored as | Meaning |\n|---|---|---|---|\n${fieldRows(layout, layout.fields)}\n${nested.length > 0 ? `\n${nested.join("\n")}` : ""}`;
}

function nestedLayouts(field) {
  if (field.kind === "entries") return [field.layout];
  if (field.kind === "rows") return Object.values(field.bodies);
  return field.kind === "optional" ? field.fields.flatMap(nestedLayouts) : [];
}

function fieldRows(layout, fields) {
  let offset = 0;
  return fields
    .flatMap((field) => {
      const at = Number.isNaN(offset) ? "" : `+0x${offset.toString(16).padStart(2, "0").toUpperCase()}`;
      offset += fixedSize(field);
      const hasValue = !["zeros", "optional"].includes(field.kind) && (field.kind !== "length" || field.shown);
      const meaning = hasValue ? meaningOf(layout, field) : "";
      const row = `| ${at} | ${field.kind === "zeros" ? "(reserved)" : field.name} | ${storage(field)} | ${meaning} |`;
      return field.kind === "optional" ? [row, fieldRows(layout, field.fields).replace(/^\| \+0x[0-9A-F]+ /gm, "| ")] : [row];
    })
    .join("\n");
}

/** NaN behind which offsets are no longer fixed. */
function fixedSize(field) {
  if (field.kind === "u64") return 8;
  if (field.kind === "uuid") return 16;
  return ["uint", "flag", "bytes", "slot", "zeros", "length"].includes(field.kind) ? field.size : Number.NaN;
}

function storage(field) {
  switch (field.kind) {
    case "uint":
      return `u${field.size * 8}${field.codes ? ", code" : ""}`;
    case "flag":
      return "u8, 0 or not";
    case "u64":
      return field.address ? "u64, address" : "u64";
    case "uuid":
      return "16 bytes, UUID";
    case "bytes":
      return counted(field.size, "bytes");
    case "slot":
      return `${field.size} bytes, of which its length counts`;
    case "zeros":
      return counted(field.size, "zero bytes");
    case "length":
      return `u${field.size * 8}, bytes of ${field.of}`;
    case "text":
      return `UTF-8, ${field.storage}`;
    case "tightText":
      return "u16 length, UTF-8";
    case "blob":
      return `bytes, ${field.storage}`;
    case "entries":
      return `${field.layout.name}, ${field.rule.count ? `${field.rule.count} times` : "up to the end"}`;
    case "rows":
      return `${field.count} rows: u8 type, u16 length, body`;
    case "optional":
      return "only with some writers:";
    default:
      throw new Error(`No words for fields of kind ${field.kind}`);
  }
}

function deviationsPage() {
  const severity = { E: "breaks a MUST", W: "a SHOULD, or a known dialect", I: "information" };
  const strict = (id) => (REJECTS_FILE.has(id) ? "refuses the file" : REJECTS_BLOCK.has(id) ? "refuses the block" : "");
  const rules = Object.entries({ ...BLOCK_RULES, ...RELATION_RULES, ...PAYLOAD_RULES });
  const rows = rules.map(
    ([id, [level, title, topic, expected, meaning]]) =>
      `| ${id} | ${level} | ${title} | ${topic} | ${expected} | ${meaning} | ${strict(id)} |`,
  );
  return `# Deviations

${WRITTEN}

Every departure from the specification that a reader or \`msl lint\` can report, the topic of the specification, what it expects, and what the departure means.
\`msl lint --explain ID\` prints a row. ${Object.entries(severity)
    .map(([level, words]) => `${level}: ${words}.`)
    .join(" ")}

| Id | Severity | Departure | Topic | Expected | What it means | A strict reader |
|---|---|---|---|---|---|---|
${rows.join("\n")}
`;
}

function dialectsPage() {
  const rows = Object.entries(DIALECTS).map(
    ([id, { number, name, producer }]) => `| \`${id}\` | ${number ?? ""} | ${name} | ${producer ?? ""} |`,
  );
  return `# Dialects

${WRITTEN}

\`capture.dialect\` names the program, or the version of the specification, by which a capture was written. It is recognised by the file header,
block headers and a few payloads. The number is a second name of the dialect, used in notes about the format. D9 is not a dialect:
\`enriched\` says that memslicer's enrichment tool replaced the end of the capture. The dialect is information only: the grammar of a payload is
chosen block by block, by the payload's own bytes. Where the bytes fit more than one grammar, other blocks decide:

| Bytes | Read as | Unless |
|---|---|---|
| 0x0055 with a count of 0 | Connectivity Table | the blocks up to End-of-Capture have a mark of memslicer since 0.2.4 or of its fork: a block of type 0x0054 or 0x0056 to 0x0059, a System Context in memslicer's layout, or a System Context whose TableBitmap has bit 4 set. Then the block is a KernelSymbolBundle |
| 0x0055 whose damage contradicts both grammars | the grammar with more sound rows; Connectivity Table if both have equally many. The damage is a problem or a deviation (\`STR-OVERRUN\`, \`CON-ROW\`, \`STR-NUL\`) | no row is sound: raw bytes, with \`CON-ROW\` |
| a System Context whose texts fit neither layout | the specification's layout | the capture has such a mark, or the dialect is of memslicer |
| codes 5 to 7 of a Handle Table | the specification's names | the dialect is of MemDiver |

\`openCapture\` and \`MslSliceReader\` know all blocks before they decode one. A stream reader knows the blocks that it has passed; it checks them for
marks whether the caller decodes or skips them. Of an encrypted stream it knows all blocks. If later blocks could change a result, the result has
\`provisional\`; every result without \`provisional\` is equal to the result of the other readers. Only these blocks of a plain stream can be provisional:

* an empty 0x0055, or a System Context that fits neither layout, without a mark before it;
* a Handle Table that is the first block and has a PrevHash of zero: the second block tells whether MemDiver wrote the capture.

No reader uses as a mark a System Context that is compressed, is behind End-of-Capture, or comes after eight others, nor a block that was found
by searching behind damage (\`salvage\`): such a block may be data of the captured process.

| Id | Number | Written by | Codes and layouts of |
|---|---|---|---|
${rows.join("\n")}

Block types by code: ${Object.keys(BLOCK_TYPE.names)
    .map((type) => `${code(Number(type))} ${codeName(BLOCK_TYPE, Number(type))}`)
    .join(", ")}.
`;
}
