/** The registers of LC_THREAD, which has states of a thread one behind the other: flavour, number of words of 4 bytes, and the state. */
import type { WritableRegisterEntry } from "@memslice/msl";
import { concatenated } from "@memslice/msl/work";
import { roleOf } from "../structures/register-roles.js";
import type { StructureOrder } from "../structures/structure.js";
import { isWrapped, THREAD_STATES } from "./mach-states.js";

/** The registers of a thread, and the flavours that are not known. Of a register in two states, the first is taken. `state`: LC_THREAD behind its first 8 bytes. */
export function registersOfThread(
  state: Uint8Array,
  archType: number,
  order: StructureOrder,
): { readonly registers: WritableRegisterEntry[]; readonly unknown: readonly number[]; readonly isCut: boolean } {
  const known = THREAD_STATES.get(archType) ?? {};
  const view = new DataView(state.buffer, state.byteOffset, state.length);
  const values = new Map<string, Uint8Array>();
  const unknown: number[] = [];
  let [at, isCut] = [0, false];
  while (at + 8 <= state.length) {
    let flavour = view.getUint32(at, order === "little");
    const count = view.getUint32(at + 4, order === "little");
    const end = at + 8 + 4 * count;
    if (end > state.length) {
      isCut = true;
      break;
    }
    let from = at + 8;
    if (isWrapped(known, flavour) && count >= 2) {
      flavour = view.getUint32(from, order === "little");
      from += 8;
    }
    const places = known[flavour];
    if (!places) unknown.push(flavour);
    for (const [name, size] of places ?? []) {
      if (from + size > end) break;
      const value = state.slice(from, from + size);
      if (name !== "" && !values.has(name)) values.set(name, order === "little" ? value : value.reverse());
      from += size;
    }
    at = end;
  }
  const registers = [...withWholeVectors(values)].map(([name, value]) => ({ name, flags: roleOf(name), value }));
  return { registers, unknown, isCut: isCut || at < state.length };
}

/** ymm registers in place of their upper halves, which the states have apart from the lower ones. */
function* withWholeVectors(values: ReadonlyMap<string, Uint8Array>): Generator<[name: string, value: Uint8Array]> {
  for (const [name, value] of values) {
    const [, number] = /^ymm(\d+)h$/.exec(name) ?? [];
    const low = number === undefined ? undefined : values.get(`xmm${number}`);
    yield low ? [`ymm${number}`, concatenated([low, value])] : [name, value];
  }
}
