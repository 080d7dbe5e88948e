/** The tables of `msl threads`: the threads, and with --registers their registers. */
import type { Place, Register, Thread } from "@memslice/msl";
import { RegisterFlag, registerValue } from "@memslice/msl";
import { fileName } from "../asking/memory-words.js";
import { addressText } from "../documents/place-text.js";
import type { Column, Table } from "./column.js";

/** A thread, and the places of its program counter and its stack pointer; absent if no register has the role. */
export interface ThreadRow {
  readonly thread: Thread;
  readonly pc: Place | undefined;
  readonly sp: Place | undefined;
}

/** A register of a thread; `place` is absent for a register that is wider than an address, or empty. */
export interface RegisterRow {
  readonly thread: Thread;
  readonly register: Register;
  readonly place: Place | undefined;
}

export const THREADS: Table<ThreadRow> = {
  name: "threads",
  list: "threads",
  about:
    "The document of `msl threads --json`. Without --registers: the threads of the process, in file order. `current` is the thread to resume from, `crashed` one that crashed the process; `startTimeNs` is 0 and `name` empty if they are not known. `registers` is the number of registers, `blocks` of Thread Contexts with this id: what is shown is from the first of them, `block`. `pc` and `sp` are absent if no register has the role, their members with Module and Region if no module or no region contains the address.",
  columns: [
    { name: "id", type: "decimal", value: ({ thread }) => thread.id },
    { name: "current", type: "boolean", value: ({ thread }) => thread.current, shown: { heading: "", text: mark } },
    { name: "crashed", type: "boolean", value: ({ thread }) => thread.crashed, shown: "never" },
    { name: "state", type: "text", whole: true, value: ({ thread }) => thread.stateName },
    { name: "startTimeNs", type: "time", value: ({ thread }) => thread.startTimeNs, shown: "never" },
    { name: "registers", type: "count", value: ({ thread }) => thread.registerCount, shown: { heading: "regs" } },
    ...placeColumns("pc"),
    ...placeColumns("sp"),
    { name: "block", type: "count", value: ({ thread }) => thread.block.index, shown: "never" },
    { name: "blocks", type: "count", value: ({ thread }) => thread.blocks.length, shown: "never" },
    { name: "salvaged", type: "boolean", value: ({ thread }) => thread.salvaged, shown: "ifAny" },
    { name: "name", type: "text", value: ({ thread }) => thread.name, shown: "ifAny" },
  ],
};

export const REGISTERS: Table<RegisterRow> = {
  name: "threads",
  list: "registers",
  about:
    "With --registers: the registers of all threads, in file order. `thread` is the id of the thread, `register` the name as its producer wrote it, `bytes` the width of the value, `role` one or more of pc, sp, fp and flags, with commas, or empty. `value` is an unsigned number, absent for a width of 0. Values of at most 8 bytes are looked up as addresses: `module`, `moduleOffset`, `regionBase` and `regionType` are absent if no module or no region contains them.",
  columns: [
    { name: "thread", type: "decimal", value: ({ thread }) => thread.id },
    { name: "register", type: "text", value: ({ register }) => register.name, shown: { text: shortName } },
    { name: "bytes", type: "count", value: ({ register }) => register.width },
    { name: "role", type: "text", value: ({ register }) => rolesText(register.flags) },
    { name: "module", type: "text", optional: true, value: ({ place }) => place?.module?.path, shown: "never" },
    { name: "moduleOffset", type: "address", optional: true, value: ({ place }) => place?.moduleOffset, shown: "never" },
    { name: "regionBase", type: "address", optional: true, value: ({ place }) => place?.region?.baseAddr, shown: "never" },
    {
      name: "regionType",
      type: "text",
      optional: true,
      value: ({ place }) => place?.region?.head.regionTypeName,
      shown: { heading: "points into", text: ({ place }) => shortPlace(place) },
    },
    {
      name: "value",
      type: "hex",
      optional: true,
      value: ({ register }) => registerValue(register),
      shown: { text: ({ register }) => fullValue(register) },
    },
  ],
};

/** The address for people has a column, and its place another one. */
function placeColumns(role: "pc" | "sp"): readonly Column<ThreadRow>[] {
  const place = (row: ThreadRow) => row[role];
  return [
    {
      name: role,
      type: "address",
      optional: true,
      value: (row) => place(row)?.address,
      shown: { text: (row) => place(row)?.address.toString(16) ?? "-" },
    },
    { name: `${role}Module`, type: "text", optional: true, value: (row) => place(row)?.module?.path, shown: "never" },
    { name: `${role}ModuleOffset`, type: "address", optional: true, value: (row) => place(row)?.moduleOffset, shown: "never" },
    { name: `${role}RegionBase`, type: "address", optional: true, value: (row) => place(row)?.region?.baseAddr, shown: "never" },
    {
      name: `${role}RegionType`,
      type: "text",
      whole: true,
      optional: true,
      value: (row) => place(row)?.region?.head.regionTypeName,
      shown: { heading: "in", text: (row) => shortPlace(place(row)) },
    },
  ];
}

/** The module and the offset in it, or else the type of the region, or else a dash. */
function shortPlace(place: Place | undefined): string {
  if (place?.module && place.moduleOffset !== undefined)
    return `${fileName(place.module.path)}+${addressText(place.moduleOffset)}`;
  return place?.region?.head.regionTypeName ?? "-";
}

/** The current thread has a star, one that crashed the process an exclamation mark. */
function mark({ thread }: ThreadRow): string {
  return `${thread.current ? "*" : ""}${thread.crashed ? "!" : ""}`;
}

const ROLES = [
  [RegisterFlag.Pc, "pc"],
  [RegisterFlag.Sp, "sp"],
  [RegisterFlag.Fp, "fp"],
  [RegisterFlag.Flags, "flags"],
] as const;

/** Bits that have no name are shown as a number. */
function rolesText(flags: number): string {
  const names = ROLES.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : [name]));
  const others = ROLES.reduce((rest, [bit]) => rest & ~bit, flags);
  return [...names, ...(others === 0 ? [] : [addressText(BigInt(others))])].join(",");
}

const NAME_MOST = 24;

/** Names of registers have a few characters, and up to 254 bytes in captures made to hurt. */
function shortName({ register: { name } }: RegisterRow): string {
  const characters = [...name];
  return (characters.length > NAME_MOST ? `${characters.slice(0, NAME_MOST - 1).join("")}…` : name) || "-";
}

/** All digits, the most significant first. */
function fullValue({ value }: Register): string {
  return value.length === 0 ? "-" : `0x${Buffer.from(value).reverse().toString("hex")}`;
}
