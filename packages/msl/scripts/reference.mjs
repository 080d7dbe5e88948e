/** The reference pages of docs/, written from the tables that the library itself decodes and reports by. */

import { LINT_CATALOGUE } from "../src/deviations/catalogue.js";
import { REJECTS_BLOCK, REJECTS_FILE } from "../src/deviations/deviation.js";
import { BLOCK_HEADER } from "../src/format/block-header.js";
import { BLOCK_TYPE, codeName } from "../src/format/codes.js";
import { DIALECTS } from "../src/format/dialects/dialects.js";
import { ENCRYPTION_EXTENSION } from "../src/format/encryption-extension.js";
import { FILE_HEADER } from "../src/format/file-header.js";
import { LEGACY_MEMORY_REGION, MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import { KERNEL_SYMBOL_BUNDLE } from "../src/format/payloads/memslicer.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { SYSTEM_CONTEXT_B } from "../src/format/payloads/system-tables.js";
import { rangeText } from "../src/options/rule-text.js";
import { OPTION_TABLES } from "../src/options/tables.js";

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
  const sections = OPTION_TABLES.map(({ of, checks, required }) => {
    const rows = optionRows(checks, required, "");
    return `## \`${of}\`\n\n| Option | Value |\n|---|---|\n${rows.join("\n")}\n`;
  });
  return `# Options

${WRITTEN}

What the options of each function may be. An option with another name or another value is refused with an \`MslError\` of the code
\`usage\`; \`undefined\` means that it is not given. What an option does stands in the declarations of the function.

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
  return `## ${title}\n\n| Offset | Field | Stored as |\n|---|---|---|\n${fieldRows(layout.fields)}\n${nested.length > 0 ? `\n${nested.join("\n")}` : ""}`;
}

function nestedLayouts(field) {
  if (field.kind === "entries") return [field.layout];
  if (field.kind === "rows") return Object.values(field.bodies);
  return field.kind === "optional" ? field.fields.flatMap(nestedLayouts) : [];
}

function fieldRows(fields) {
  let offset = 0;
  return fields
    .flatMap((field) => {
      const at = Number.isNaN(offset) ? "" : `+0x${offset.toString(16).padStart(2, "0").toUpperCase()}`;
      offset += fixedSize(field);
      const row = `| ${at} | ${field.kind === "zeros" ? "(reserved)" : field.name} | ${storage(field)} |`;
      return field.kind === "optional" ? [row, fieldRows(field.fields).replace(/^\| \+0x[0-9A-F]+ /gm, "| ")] : [row];
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
      return `${field.size} bytes`;
    case "slot":
      return `${field.size} bytes, of which its length counts`;
    case "zeros":
      return `${field.size} zero bytes`;
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
  const rows = Object.entries(LINT_CATALOGUE).map(
    ([id, [level, meaning]]) => `| ${id} | ${level} | ${meaning} | ${strict(id)} |`,
  );
  return `# Deviations

${WRITTEN}

Every departure from the specification that a reader can report. ${Object.entries(severity)
    .map(([level, words]) => `${level}: ${words}.`)
    .join(" ")}

| Id | Severity | Meaning | A strict reader |
|---|---|---|---|
${rows.join("\n")}
`;
}

function dialectsPage() {
  const rows = Object.entries(DIALECTS).map(
    ([id, { number, name, producer }]) => `| \`${id}\` | ${number ?? ""} | ${name} | ${producer ?? ""} |`,
  );
  return `# Dialects

${WRITTEN}

\`capture.dialect\` says who wrote a capture, as far as header, block headers and a few payloads tell. The number
is a second name, by which notes about the format refer to a dialect. D9 is not a dialect of its own: \`enriched\` says that memslicer's
enrichment tool replaced the end of the capture. The label informs; what bytes mean is decided block by block.
Where bytes leave a choice, other blocks decide:

| Bytes | Read as | Unless |
|---|---|---|
| 0x0055 with a count of 0 | Connectivity Table | marks of memslicer since 0.2.4 or of its fork are there up to End-of-Capture: a block of type 0x0054 or 0x0056 to 0x0059, a System Context in memslicer's layout, or one whose TableBitmap has bit 4 set. Then it is a KernelSymbolBundle |
| 0x0055 with damage that neither grammar accounts for | the grammar by which more rows are sound, a Connectivity Table where they are equally many. What is damaged is a problem or a deviation (\`STR-OVERRUN\`, \`CON-ROW\`, \`STR-NUL\`) | no row is sound: raw bytes, with \`CON-ROW\` |
| a System Context whose texts fit neither layout | the specification's layout | the marks are there, or the label says memslicer |
| codes 5 to 7 of a Handle Table | the specification's names | the label says MemDiver |

\`openCapture\` and \`MslSliceReader\` know the whole capture before they decode a block. A stream reader knows what has passed; it looks at the
evidence itself, whether blocks are decoded or skipped. Of an encrypted stream it knows all. Where its answer may turn out
otherwise the result says so in \`provisional\`, and every result without it is that of the other readers. That concerns a plain stream only, and in it:

* an empty 0x0055, or a System Context that fits neither layout, with no mark before it;
* a Handle Table as the first block with a PrevHash of zero, since the second block tells whether MemDiver wrote it.

System Contexts that are compressed, behind End-of-Capture, or the ninth and later ones are no evidence to any reader. Neither are blocks that
were found by searching behind damage (\`salvage\`): the process that was captured may have made them.

| Id | Number | Written by | Codes and layouts of |
|---|---|---|---|
${rows.join("\n")}

Block types by code: ${Object.keys(BLOCK_TYPE.names)
    .map((type) => `${code(Number(type))} ${codeName(BLOCK_TYPE, Number(type))}`)
    .join(", ")}.
`;
}
