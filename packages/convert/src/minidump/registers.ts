/** Registers of a Thread Context from the CONTEXT of a minidump, and back. A register whose group ContextFlags does not name was not captured. */
import { type ContextLayout, contextFlags, type RegisterPlace } from "./contexts.js";

/** A register as Thread Contexts hold it. */
export interface RegisterValue {
  readonly name: string;
  /** `RegisterFlag`. */
  readonly flags: number;
  /** Little-endian. */
  readonly value: Uint8Array;
}

/**
 * The registers that a context has: those of the groups that its flags name, as far as its bytes reach. Copies.
 * x86 may have the registers of the floating-point unit twice: those of the FXSAVE area come first.
 */
export function registersOf(layout: ContextLayout, context: Uint8Array): RegisterValue[] {
  const flags = Number(contextFlags(layout, context) & 0xffffn);
  const names = new Set<string>();
  return layout.registers
    .filter(({ name, at, size, group }) => {
      if ((flags & group) === 0 || at + size > context.length || names.has(name)) return false;
      names.add(name);
      return true;
    })
    .map(({ name, at, size, role }) => ({ name, flags: role, value: context.slice(at, at + size) }));
}

/** A context made of registers, and which registers it could not be made of. */
interface MadeContext {
  readonly context: Uint8Array;
  /** Registers that the context has as zeros, because their group is there and the capture does not have them. */
  readonly zeros: readonly string[];
  /** Registers of the capture that the context has no place for: unknown names, and values of another width. */
  readonly leftOut: readonly string[];
}

/** The context that holds these registers. The first of several registers with one name is taken. */
export function contextOf(layout: ContextLayout, registers: readonly RegisterValue[]): MadeContext {
  const context = new Uint8Array(layout.size);
  const used = new Set<RegisterValue>();
  const written = new Set<string>();
  let groups = 0;
  for (const place of layout.registers) {
    const register = written.has(place.name) ? undefined : registerFor(place, registers);
    if (!register) continue;
    context.set(register.value.subarray(0, place.size), place.at);
    used.add(register);
    written.add(place.name);
    groups |= place.group;
  }
  const view = new DataView(context.buffer);
  for (const { at, of, size } of layout.copies ?? []) context.copyWithin(at, of, of + size);
  view.setUint32(layout.flagsAt, (layout.architecture | groups) >>> 0, true);
  const zeros = layout.registers
    .filter((place) => (groups & place.group) !== 0 && !written.has(place.name))
    .map(({ name }) => name);
  const taken = new Set([...used].map(({ name }) => name));
  const leftOut = registers.filter((register) => !used.has(register) && !taken.has(register.name)).map(({ name }) => name);
  return { context, zeros, leftOut };
}

/** The first register with one of the names of a place whose value the place can hold: no byte is made up, and none but zeros is lost. */
function registerFor(place: RegisterPlace, registers: readonly RegisterValue[]): RegisterValue | undefined {
  for (const name of [place.name, ...place.otherNames]) {
    const register = registers.find((one) => one.name === name);
    if (register && register.value.length >= place.size && register.value.subarray(place.size).every((byte) => byte === 0))
      return register;
  }
  return undefined;
}
