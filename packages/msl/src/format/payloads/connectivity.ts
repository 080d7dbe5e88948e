/** Connectivity Table, whose code 0x0055 memslicer uses for its KernelSymbolBundle as well. */
import type { Reporter } from "../../deviations/deviation.js";
import type { SlicedWork } from "../../sliced-work.js";
import type { Authorship } from "../dialects/dialects.js";
import { decodeLayoutWork, fittingValueWork, type LayoutRules } from "../layout/decode.js";
import { bytes, count, type Decoded, type Layout, layout, rows, tightText, u8, u16, u32, u64, zeros } from "../layout/fields.js";
import { ROW_HEAD_BYTES } from "../layout/list-steps.js";
import { KERNEL_SYMBOL_BUNDLE, KERNEL_SYMBOL_TAG, KERNEL_SYMBOL_WIDTH } from "./producer-tables.js";

/** Connectivity Table 0x0055 (memslicer: 0x0054): routes, neighbours and counters of the network stack. Addresses in network order. */
export const CONNECTIVITY_TABLE = layout("ConnectivityTable", [
  count("rowCount"),
  zeros(4),
  rows("rows", "rowCount", {
    1: layout("Ipv4Route", [
      tightText("iface"),
      bytes("dest", 4),
      bytes("gateway", 4),
      bytes("mask", 4),
      u16("flags"),
      u32("metric"),
      u32("mtu"),
    ]),
    2: layout("Ipv6Route", [
      tightText("iface"),
      bytes("dest", 16),
      u8("destPrefix"),
      bytes("nextHop", 16),
      u32("metric"),
      u32("flags"),
    ]),
    3: layout("ArpEntry", [u8("family"), bytes("ip", 4), u16("hwType"), u16("flags"), bytes("hwAddr", 6), tightText("iface")]),
    4: layout("PacketSocket", [u32("pid"), u64("inode"), u16("proto"), u32("ifaceIndex"), u32("user"), u64("mem")]),
    5: layout("InterfaceStatistics", [
      tightText("iface"),
      u64("rxBytes"),
      u64("rxPackets"),
      u64("rxErrs"),
      u64("rxDrop"),
      u64("txBytes"),
      u64("txPackets"),
      u64("txErrs"),
      u64("txDrop"),
    ]),
    6: layout("SocketFamilyAggregate", [u8("family"), u32("inUse"), u32("alloc"), u64("mem")]),
    7: layout("MibCounter", [tightText("mib"), tightText("counter"), u64("value")]),
  }),
]);

type KernelSymbol = Decoded<typeof KERNEL_SYMBOL_BUNDLE>["rows"][number];

export interface Choice<L extends Layout> {
  /** Undefined for a payload that stays raw. */
  readonly table: L | undefined;
  /** Present where a later block may decide otherwise: what was assumed, and what else it may be. */
  readonly provisional?: string | undefined;
}

/** Tag and length of a bundle's row. */
const SYMBOL_HEAD_BYTES = 4;
const EITHER =
  "an empty 0x0055 is read as a ConnectivityTable, and is a KernelSymbolBundle if a later block shows that memslicer wrote it";

/**
 * Which of the two tables a payload under 0x0055 has. The rule, in this order:
 *
 * 1. A count of 0 says nothing about the grammar: a bundle if the capture has memslicer's marks, else a Connectivity Table.
 * 2. The grammar that accounts for the whole payload, from the first row to the last of the count. No payload is known that fits both.
 * 3. In a damaged payload, the grammar by which more rows are sound; a Connectivity Table where they are equally many.
 * 4. Without one sound row the payload stays raw, and that is reported.
 */
export function* connectivityOrBundle(
  bytes: Uint8Array,
  { marked }: Authorship,
  rules: LayoutRules,
  reporter: Reporter,
): SlicedWork<Choice<typeof CONNECTIVITY_TABLE | typeof KERNEL_SYMBOL_BUNDLE>> {
  // Stops before the first row: only the count is wanted.
  const { value, partial } = yield* decodeLayoutWork(CONNECTIVITY_TABLE, bytes, () => {}, { ...rules, entryLimit: 0 });
  const count = value?.rowCount ?? partial?.rowCount;
  if (count === 0)
    return marked ? bundle(reporter) : { table: CONNECTIVITY_TABLE, ...(marked === undefined ? { provisional: EITHER } : {}) };
  // Too short for the count: the Connectivity Table reports the problem.
  if (count === undefined) return { table: CONNECTIVITY_TABLE };
  const fitting = yield* fittingValueWork(KERNEL_SYMBOL_BUNDLE, bytes, rules);
  if (fitting && faultyRow(fitting.rows) === undefined) return bundle(reporter);
  if (yield* fittingValueWork(CONNECTIVITY_TABLE, bytes, rules)) return { table: CONNECTIVITY_TABLE };
  return yield* byDamage(bytes, count, rules, reporter);
}

function* byDamage(
  bytes: Uint8Array,
  count: number,
  rules: LayoutRules,
  reporter: Reporter,
): SlicedWork<Choice<typeof CONNECTIVITY_TABLE | typeof KERNEL_SYMBOL_BUNDLE>> {
  const symbols = yield* soundSymbols(bytes, rules);
  const rows = yield* soundRows(bytes, rules);
  if (rows === 0 && symbols.sound === 0) {
    reportNeither(bytes, count, rules, reporter);
    return { table: undefined };
  }
  if (rows >= symbols.sound) return { table: CONNECTIVITY_TABLE };
  if (symbols.fault) {
    const { row, tag, length, offset } = symbols.fault;
    const message = `Row ${row} of the KernelSymbolBundle (tag ${tag}, ${length} bytes) has a tag that is unknown or out of order, or a value of the wrong width`;
    reporter.add({ id: "CON-ROW", message, offset, field: `rows[${row}]`, values: [tag, length, "tag"] });
  }
  return bundle(reporter);
}

function bundle(reporter: Reporter): Choice<typeof KERNEL_SYMBOL_BUNDLE> {
  const message = "KernelSymbolBundle of memslicer under the code of the Connectivity Table";
  reporter.add({ id: "EXT-MEMSLICER", message, offset: 0, field: "type" });
  return { table: KERNEL_SYMBOL_BUNDLE };
}

/** Rows of a known type whose fields are all there. */
function* soundRows(bytes: Uint8Array, rules: LayoutRules): SlicedWork<number> {
  const { value, partial } = yield* decodeLayoutWork(CONNECTIVITY_TABLE, bytes, () => {}, rules);
  return (value?.rows ?? partial?.rows ?? []).filter((row) => !("raw" in row)).length;
}

interface Symbols {
  readonly sound: number;
  /** The first row that no KernelSymbolBundle has. */
  readonly fault?: { readonly row: number; readonly tag: number; readonly length: number; readonly offset: number };
}

/** Rows up to the first whose tag is unknown or not above the one before, or whose value has the wrong width. */
function* soundSymbols(bytes: Uint8Array, rules: LayoutRules): SlicedWork<Symbols> {
  const { value, partial } = yield* decodeLayoutWork(KERNEL_SYMBOL_BUNDLE, bytes, () => {}, rules);
  const rows = value?.rows ?? partial?.rows ?? [];
  const row = faultyRow(rows);
  const found = row === undefined ? undefined : rows[row];
  if (row === undefined || !found) return { sound: rows.length };
  const offset = rows
    .slice(0, row)
    .reduce((at, before) => at + SYMBOL_HEAD_BYTES + before.value.length, KERNEL_SYMBOL_BUNDLE.minimumSize);
  return { sound: row, fault: { row, tag: found.tag, length: found.value.length, offset } };
}

function faultyRow(rows: readonly KernelSymbol[]): number | undefined {
  const index = rows.findIndex(({ tag, value }, i) => {
    const width = KERNEL_SYMBOL_WIDTH[tag];
    const known = KERNEL_SYMBOL_TAG.names[tag] !== undefined && tag > (rows[i - 1]?.tag ?? 0);
    return !known || (width !== undefined && width !== value.length);
  });
  return index < 0 ? undefined : index;
}

/** Above the limit the rows were not counted, and so the report names the limit and no damage. */
function reportNeither(bytes: Uint8Array, count: number, rules: LayoutRules, reporter: Reporter): void {
  const { entryLimit = Number.POSITIVE_INFINITY } = rules;
  const room = Math.floor((bytes.length - CONNECTIVITY_TABLE.minimumSize) / ROW_HEAD_BYTES);
  if (count > entryLimit && count <= room) {
    const message = `RowCount is ${count}, above the limit of ${entryLimit} (entryLimit): the payload is not decoded`;
    reporter.add({ id: "CMP-LIMIT", message, offset: 0, field: "rowCount", values: [`${count} rows`, entryLimit] });
    return;
  }
  const message = `No row of ${count} is sound, neither as a ConnectivityTable nor as a KernelSymbolBundle: the payload is not decoded`;
  const offset = Math.min(bytes.length, CONNECTIVITY_TABLE.minimumSize);
  reporter.add({ id: "CON-ROW", message, offset, field: "rows", values: [count] });
}
