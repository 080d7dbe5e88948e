/** JSON Schemas (2020-12) of what the library prints as JSON, payloads by the tables that decode them. */

import { LINT_CATALOGUE } from "../src/deviations/catalogue.js";
import { SALVAGE_EVIDENCE } from "../src/format/block-header.js";
import { DIALECTS } from "../src/format/dialects/dialects.js";
import { MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import { KERNEL_SYMBOL_BUNDLE } from "../src/format/payloads/producer-tables.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { MEMDIVER_HANDLE_TABLE, SYSTEM_CONTEXT_B } from "../src/format/payloads/system-tables.js";

const COMPRESSED_PAGE_DATA = ["zstd", "lz4"];
const REGION_LAYOUTS = ["1.1", "0.1", "draft 2026-03-14"];

/** An object with exactly these properties; `optional` ones may be missing. */
export function object(properties, optional = {}) {
  return {
    type: "object",
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

export const list = (items) => ({ type: "array", items });
/** A list that is cut: how many there are stands beside it. */
export const atMost = (maxItems, items) => ({ ...list(items), maxItems });
export const text = { type: "string" };
export const boolean = { type: "boolean" };
export const count = { type: "integer", minimum: 0 };
export const hex = { type: "string", pattern: "^([0-9a-f]{2})*$" };
export const decimal = { type: "string", pattern: "^[0-9]+$" };
export const ref = (name) => ({ $ref: `#/$defs/${name}` });
export const nullable = (schema) => ({ anyOf: [schema, { type: "null" }] });
const address = { type: "string", pattern: "^0x[0-9a-f]+$" };
const uuid = { type: "string", pattern: "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" };
const unsigned = (bytes) => ({ type: "integer", minimum: 0, maximum: 2 ** (8 * bytes) - 1 });
const hexOf = (bytes) => ({ type: "string", pattern: `^[0-9a-f]{${2 * bytes}}$` });
export const lintId = { enum: Object.keys(LINT_CATALOGUE) };

export const deviation = object({ id: lintId, message: text, offset: count }, { block: count, field: text, bytes: hex });
export const dialect = object({ id: { enum: Object.keys(DIALECTS) }, name: text, enriched: boolean });

const blob = { anyOf: [object({ hex: { ...hex, maxLength: 1024 } }), object({ length: count, blake3: hexOf(32) })] };
const problem = object({ id: lintId, message: text, at: count });

export const fileHeader = object({
  endianness: unsigned(1),
  headerSize: unsigned(1),
  versionRaw: hexOf(2),
  versionMajor: unsigned(1),
  versionMinor: unsigned(1),
  flags: unsigned(4),
  capBitmap: decimal,
  dumpUuid: uuid,
  timestampNs: decimal,
  osType: unsigned(2),
  osTypeName: text,
  archType: unsigned(2),
  archTypeName: text,
  pid: unsigned(4),
  clockSource: unsigned(1),
  clockSourceName: text,
  blockCount: unsigned(4),
  hashAlgo: unsigned(1),
  hashAlgoName: text,
});

/** What `encryptionJson` gives. */
export const encryption = object({
  encAlgo: unsigned(1),
  encAlgoName: text,
  kdfType: unsigned(1),
  kdfTypeName: text,
  keyEncap: unsigned(1),
  keyEncapName: text,
  kdfTime: unsigned(4),
  kdfMemoryKiB: unsigned(4),
  kdfLanes: unsigned(1),
  kemCtLen: unsigned(2),
  nonceHex: hexOf(24),
  kdfSaltHex: hexOf(16),
  secret: { enum: ["key", "passphrase", "private-key", null] },
});

const BLOCK_INFO = {
  index: count,
  offset: count,
  type: unsigned(2),
  typeName: text,
  flags: unsigned(2),
  length: { ...unsigned(4), minimum: 80 },
  payloadVersion: unsigned(2),
  uuid,
  parentUuid: uuid,
  compression: { enum: ["none", "zstd", "lz4", "reserved"] },
  afterEoc: boolean,
};
const SALVAGED = { salvaged: { const: true }, salvageEvidence: { enum: [...SALVAGE_EVIDENCE] } };

/** What `blockInfoJson` gives. */
export const blockInfo = object(BLOCK_INFO, SALVAGED);

/** What `blockJson` gives: a payload, or a problem and perhaps a part of the payload, both by typeName. */
export const block = {
  ...object(
    { ...BLOCK_INFO, prevHash: hexOf(32) },
    {
      ...SALVAGED,
      payloadLength: count,
      payloadBlake3: hexOf(32),
      payload: true,
      problem: ref("problem"),
      partial: true,
      deviations: list(ref("deviation")),
    },
  ),
  not: { required: ["payload", "problem"] },
  anyOf: [{ required: ["payload"] }, { required: ["problem"] }],
  allOf: [
    ...Object.keys(layoutsByName()).map((name) => contentOf({ const: name }, ref(name), ref(`Partial${name}`))),
    contentOf({ not: { enum: Object.keys(layoutsByName()) } }, ref("raw"), false),
  ],
};

function contentOf(typeName, payload, partial) {
  return {
    if: { properties: { typeName } },
    // A block whose table is not known for certain keeps the name of its type and comes raw.
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { payload: { anyOf: payload.$ref === "#/$defs/raw" ? [payload] : [payload, ref("raw")] }, partial } },
  };
}

/** `$defs` of every schema that has blocks with payloads. */
export function payloadDefinitions() {
  const definitions = { raw: object({ raw: ref("blob") }), blob, problem, deviation };
  for (const [name, layouts] of Object.entries(layoutsByName())) {
    definitions[name] = alternatives(layouts.map((layout) => layoutSchema(layout, extraOf(layout))));
    definitions[`Partial${name}`] = alternatives(layouts.map((layout) => partial(layoutSchema(layout, extraOf(layout)))));
  }
  return definitions;
}

function layoutsByName() {
  const byName = {};
  const tables = [
    MEMORY_REGION,
    ...Object.values(PAYLOAD_LAYOUTS),
    SYSTEM_CONTEXT_B,
    MEMDIVER_HANDLE_TABLE,
    KERNEL_SYMBOL_BUNDLE,
  ];
  for (const table of new Set(tables)) byName[table.name] = [...(byName[table.name] ?? []), table];
  return byName;
}

function alternatives(schemas) {
  return schemas.length === 1 ? schemas[0] : { anyOf: schemas };
}

function partial(schema) {
  return { ...schema, required: [] };
}

/** What stands beside the fields of a region's table. */
function extraOf(layout) {
  if (layout !== MEMORY_REGION) return { properties: {}, optional: {} };
  return {
    properties: {
      pageSizeLog2: nullable(unsigned(1)),
      layout: { enum: REGION_LAYOUTS },
      pageSize: decimal,
      numPages: decimal,
      pageStates: list({ type: "array", prefixItems: [count, count, { enum: [0, 1, 2, 3] }], minItems: 3, maxItems: 3 }),
      capturedBytes: decimal,
    },
    optional: { missingPages: count, libmslCompressedPageData: { enum: COMPRESSED_PAGE_DATA }, pageDataBlake3: hexOf(32) },
  };
}

function layoutSchema(layout, extra = { properties: {}, optional: {} }) {
  const properties = {};
  const optional = {};
  for (const field of layout.fields) {
    if (field.kind !== "optional") addField(field, properties, (schema) => schema);
    else for (const inner of field.fields) addField(inner, optional, nullable);
  }
  return object({ ...properties, ...extra.properties }, { ...optional, ...extra.optional });
}

function addField(field, properties, wrap) {
  if (field.kind === "zeros" || (field.kind === "length" && !field.shown)) return;
  properties[field.kind === "blob" && field.hex ? `${field.name}Hex` : field.name] = wrap(fieldSchema(field));
  if (field.kind === "uint" && field.codes) properties[`${field.name}Name`] = wrap(text);
}

function fieldSchema(field) {
  switch (field.kind) {
    case "uint":
    case "length":
      return unsigned(field.size);
    case "flag":
      return boolean;
    case "u64":
      return field.address ? address : decimal;
    case "uuid":
      return uuid;
    case "bytes":
      return hexOf(field.size);
    case "slot":
      return { ...hex, maxLength: 2 * field.size };
    case "blob":
      return field.hex ? hex : ref("blob");
    case "text":
    case "tightText":
      return text;
    case "entries":
      return list(layoutSchema(field.layout));
    case "rows":
      return list(rowSchema(field.bodies));
    default:
      throw new Error(`No schema for fields of kind ${field.kind}`);
  }
}

function rowSchema(bodies) {
  const known = Object.entries(bodies).map(([type, body]) => {
    const { properties, required, ...rest } = layoutSchema(body);
    const head = { rowType: { const: Number(type) }, rowTypeName: { const: body.name } };
    return { ...rest, properties: { ...head, ...properties }, required: [...Object.keys(head), ...required] };
  });
  return { anyOf: [...known, object({ rowType: unsigned(1), raw: ref("blob") })] };
}
