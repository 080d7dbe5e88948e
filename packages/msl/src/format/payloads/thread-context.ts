/**
 * Thread Context 0x0011: a thread and its registers. The specification reserves the code and defines no payload; this is the layout that
 * reverseame/memslicer and radare2 write and read, and that is proposed to the specification (memslice-spec, pull request 1).
 */

import type { Reporter } from "../../deviations/deviation.js";
import type { SlicedWork } from "../../sliced-work.js";
import { RegisterFlag, THREAD_STATE } from "../codes.js";
import { isZeroBetween } from "../layout/cursor.js";
import { decodeLayoutWork, isPadding, type LayoutRules } from "../layout/decode.js";
import {
  code,
  count,
  type Decoded,
  entries,
  fixedFields,
  hexBlob,
  layout,
  lengthOf,
  shownLengthOf,
  text,
  u16,
  u64,
  zeros,
} from "../layout/fields.js";

/** The value is little-endian, in vector registers too; its width is what the producer stored, narrower or wider than the register. */
const REGISTER = layout("Register", [
  lengthOf("name", 1),
  shownLengthOf("width", "value", 1),
  u16("flags"),
  zeros(4),
  text("name"),
  hexBlob("value", "padded"),
]);

export const THREAD_CONTEXT = layout("ThreadContext", [
  u64("threadId"),
  u64("startTimeNs"),
  u16("flags"),
  code("threadState", THREAD_STATE, { most: 4, lint: "THR-STATE" }),
  zeros(1),
  count("regCount"),
  lengthOf("name", 2),
  zeros(6),
  text("name"),
  entries("registers", REGISTER, { count: "regCount" }),
]);

/** Where the reserved bytes of the fixed part are: from, and up to. */
const RESERVED = fixedFields(THREAD_CONTEXT).flatMap(([field, offset]) =>
  field.kind === "zeros" ? [[offset, offset + field.size] as const] : [],
);

/** Whether the reserved bytes, which stand before the registers, are there and zero: then the payload has this layout. */
export function hasReservedZeros(bytes: Uint8Array): boolean {
  return bytes.length >= THREAD_CONTEXT.minimumSize && RESERVED.every(([start, end]) => isZeroBetween(bytes, start, end));
}

/**
 * Whether the payload has this layout, which nothing but the type code says: its reserved bytes are zero, or the walk over name and registers, of any
 * number, ends inside it with padding at most. MemDiver's test fixtures have something else under the code.
 */
export function* isThreadContext(bytes: Uint8Array, rules: LayoutRules): SlicedWork<boolean> {
  if (hasReservedZeros(bytes)) return true;
  const { value, size } = { size: 0, ...(yield* decodeLayoutWork(THREAD_CONTEXT, bytes, () => {}, rules)) };
  return value !== undefined && isPadding(bytes.subarray(size));
}

/** Reports a thread without a program counter or stack pointer: nobody can tell where it was. */
export function reportRoles({ registers }: Decoded<typeof THREAD_CONTEXT>, reporter: Reporter): void {
  const missing = ROLES.filter(([, flag]) => !registers.some(({ flags }) => (flags & flag) !== 0)).map(([name]) => name);
  if (missing.length === 0) return;
  const message = `No register of ${registers.length} is flagged as ${missing.join(", none as ")}`;
  reporter.add({ id: "THR-ROLE", message, offset: THREAD_CONTEXT.minimumSize, field: "registers" });
}

const ROLES = [
  ["PC", RegisterFlag.Pc],
  ["SP", RegisterFlag.Sp],
] as const;
