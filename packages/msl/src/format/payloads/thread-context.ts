/**
 * Thread Context 0x0011: a thread and its registers. The specification reserves the code and defines no payload; this is the layout that
 * reverseame/memslicer and radare2 write and read, and that is proposed to the specification (memslice-spec, pull request 1).
 */

import type { Report } from "../../deviations/deviation.js";
import type { SlicedWork } from "../../sliced-work.js";
import { RegisterFlag, THREAD_STATE } from "../codes.js";
import { decodeLayout, decodeLayoutWork, type LayoutRules } from "../layout/decode.js";
import {
  code,
  count,
  type Decoded,
  entries,
  hexBlob,
  layout,
  lengthOf,
  shownLengthOf,
  text,
  u16,
  u64,
  zeros,
} from "../layout/fields.js";
import { isPadding } from "../layout/fits.js";

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

/**
 * Whether the payload has this layout, which nothing but the type code says: its reserved bytes are zero, or the walk over name and registers
 * ends inside it with padding at most. MemDiver's test fixtures have something else under the code.
 */
export function* isThreadContext(bytes: Uint8Array, rules: LayoutRules): SlicedWork<boolean> {
  if (bytes.length < THREAD_CONTEXT.minimumSize) return false;
  // The reserved bytes stand before the registers: the walk over them, of any number, is needed only where a reserved byte is not zero.
  let reserved = true;
  decodeLayout(
    THREAD_CONTEXT,
    bytes.subarray(0, THREAD_CONTEXT.minimumSize),
    ({ id }) => (reserved &&= id !== "PAY-RESERVED"),
    rules,
  );
  if (reserved) return true;
  const { value, size } = { size: 0, ...(yield* decodeLayoutWork(THREAD_CONTEXT, bytes, () => {}, rules)) };
  const rest = bytes.subarray(size);
  return value !== undefined && isPadding(rest);
}

/** Reports a thread without a program counter or stack pointer: nobody can tell where it was. */
export function reportRoles({ registers }: Decoded<typeof THREAD_CONTEXT>, report: Report): void {
  const roles = [
    ["PC", RegisterFlag.Pc],
    ["SP", RegisterFlag.Sp],
  ] as const;
  const missing = roles.filter(([, flag]) => !registers.some(({ flags }) => (flags & flag) !== 0)).map(([name]) => name);
  if (missing.length === 0) return;
  const message = `No register of ${registers.length} is flagged as ${missing.join(", none as ")}`;
  report({ id: "THR-ROLE", message, offset: THREAD_CONTEXT.minimumSize, field: "registers" });
}
