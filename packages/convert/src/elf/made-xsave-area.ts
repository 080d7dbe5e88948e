/**
 * NT_X86_XSTATE made of the registers of a capture: an XSAVE area in its standard form, with the offsets that CPUID tells of processors of Intel. Sources: Intel SDM volume 1,
 * 13.4 (legacy region, header) and 13.5 (components); asm/user.h of Linux (xfeatures at offset 464). gdb takes the offsets from the size of the area.
 */
import type { MadeSet } from "./core-registers.js";
import { xsaveRegisters } from "./xsave-area.js";

/** XCR0 where Linux keeps it, XSTATE_BV, and the low halves of the ymm registers, which FXSAVE has. */
const XCR0_AT = 464;
const XSTATE_BV_AT = 512;
const XMM_AT = 160;
const YMM_HIGH_AT = 576;
const YMM_END = YMM_HIGH_AT + 16 * 16;

/** Bits of XCR0: x87 and SSE; upper halves of ymm; bound registers and their status; k0 to k7, upper halves of zmm0 to zmm15, and zmm16 to zmm31; protection keys. */
const FXSAVE = 3n;
const AVX = 4n;
const MPX = 0x18n;
const AVX_512 = 0xe0n;
const PKRU = 0x200n;

/** Where the components behind AVX stand. */
const INTEL = { bound: 960, boundStatus: 1024, k: 1088, zmmHigh: 1152, zmm16: 1664, pkru: 2688 } as const;
/** Where the area ends with each component: the last one there is decides. */
const ENDS: readonly (readonly [features: bigint, end: number])[] = [
  [PKRU, 2696],
  [AVX_512, 2688],
  [MPX, 1088],
  [AVX, YMM_END],
];
/** Registers of one component each, with the names of gdb. */
const OTHERS: readonly (readonly [features: bigint, at: number, size: number, names: readonly string[]])[] = [
  [MPX, INTEL.bound, 16, ["bnd0raw", "bnd1raw", "bnd2raw", "bnd3raw"]],
  [MPX, INTEL.boundStatus, 8, ["bndcfgu", "bndstatus"]],
  [PKRU, INTEL.pkru, 4, ["pkru"]],
];

const K = 8;
const ZMM = 32;

/** The value of a register that has all of its bytes; of a wider one, only if its other bytes are zero. */
function whole(values: ReadonlyMap<string, Uint8Array>, name: string, size: number): Uint8Array | undefined {
  const value = values.get(name);
  return value && value.length >= size && value.subarray(size).every((byte) => byte === 0) ? value.subarray(0, size) : undefined;
}

/** The values, and those of xmm registers that are the low bytes of a ymm or zmm register. */
export function withLowHalves(values: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const all = new Map(values);
  for (let index = 0; index < 16; index++) {
    const wider = whole(values, `ymm${index}`, 32) ?? whole(values, `zmm${index}`, 64);
    if (wider && !values.has(`xmm${index}`)) all.set(`xmm${index}`, wider.subarray(0, 16));
  }
  return all;
}

/**
 * The area made of values by name, in the form of Intel; undefined if there is no value of a register that only this area has. `legacy`: the FXSAVE area with the low halves.
 * `count`: ymm registers of the architecture. Registers of a component of which one is there are zeros if the capture lacks them.
 */
export function xsaveArea(values: ReadonlyMap<string, Uint8Array>, legacy: Uint8Array, count: 8 | 16): MadeSet | undefined {
  const area = new Uint8Array(INTEL.pkru + 8);
  area.set(legacy);
  const zeros: string[] = [];
  const zeros512: string[] = [];
  const zerosBound: string[] = [];
  let [hasAvx, has512, others] = [false, false, 0n];
  const put = (at: number, value: Uint8Array | undefined) => {
    if (value) area.set(value, at);
    return value !== undefined;
  };
  for (let index = 0; index < (count === 16 ? ZMM : count); index++) {
    const zmm = agreeing(values, `zmm${index}`, 64, legacy, index);
    if (index >= 16) {
      if (put(INTEL.zmm16 + 64 * (index - 16), zmm)) has512 = true;
      else zeros512.push(`zmm${index}`);
      continue;
    }
    const wide = zmm ?? agreeing(values, `ymm${index}`, 32, legacy, index);
    // gdb has the upper halves as registers of their own, too.
    if (put(YMM_HIGH_AT + 16 * index, wide?.subarray(16, 32) ?? whole(values, `ymm${index}h`, 16))) hasAvx = true;
    else zeros.push(`ymm${index}`);
    if (put(INTEL.zmmHigh + 32 * index, zmm?.subarray(32))) has512 = true;
    else zeros512.push(`zmm${index}`);
  }
  for (let index = 0; index < K; index++) {
    if (put(INTEL.k + 8 * index, whole(values, `k${index}`, 8))) has512 = true;
    else zeros512.push(`k${index}`);
  }
  for (const [feature, at, size, names] of OTHERS) {
    for (const [index, name] of names.entries()) {
      if (put(at + index * size, whole(values, name, size))) others |= feature;
      else if (feature === MPX) zerosBound.push(name);
    }
  }
  if (!hasAvx && !has512 && others === 0n) return undefined;
  const features = FXSAVE | (hasAvx || has512 ? AVX : 0n) | (has512 ? AVX_512 : 0n) | others;
  const view = new DataView(area.buffer);
  view.setBigUint64(XCR0_AT, features, true);
  view.setBigUint64(XSTATE_BV_AT, features, true);
  const bytes = area.subarray(0, ENDS.find(([feature]) => (features & feature) !== 0n)?.[1]);
  const stored = new Map(xsaveRegisters(bytes, bytes.length, undefined).map(({ name, value }) => [name, value]));
  const taken = [...values.keys()].filter((name) => isStored(name, values, stored));
  const made = [...(features & AVX ? zeros : []), ...(has512 ? zeros512 : []), ...(others & MPX ? zerosBound : [])];
  return { bytes, taken, zeros: made };
}

/** The value of a register whose low bytes are those that the FXSAVE area has: of a value that contradicts its xmm register, no half is written. */
function agreeing(
  values: ReadonlyMap<string, Uint8Array>,
  name: string,
  size: number,
  legacy: Uint8Array,
  index: number,
): Uint8Array | undefined {
  const value = whole(values, name, size);
  const low = index < 16 ? legacy.subarray(XMM_AT + 16 * index, XMM_AT + 16 * (index + 1)) : undefined;
  return value && (low === undefined || low.every((byte, at) => byte === value[at])) ? value : undefined;
}

/** Whether the area has all bytes of the value: those of the register, or of the upper half of a ymm register. */
function isStored(name: string, values: ReadonlyMap<string, Uint8Array>, stored: ReadonlyMap<string, Uint8Array>): boolean {
  const [, base = name, half] = /^((?:[yz]mm|k)\d+)(h?)$/.exec(name) ?? [];
  const register = stored.get(base);
  const value = register && whole(values, name, half === "h" ? 16 : register.length);
  if (!value) return false;
  const own = half === "h" ? register.subarray(16, 32) : register;
  return value.every((byte, at) => byte === own[at]);
}
