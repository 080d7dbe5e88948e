/**
 * Tallies that copy bytes in place of counting them, so that a question about entropy takes the time of reading memory, of the frame of questions, and of
 * a kernel that only copies.
 */
import { type ScanCore, type Tallies, WindowTallies } from "@memslice/core-wasm/scan";
import { type CopyKernels, copyKernels } from "./copy-kernels.js";

/** The kernels of a core, and where they copy to. */
interface Target extends CopyKernels {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Bytes that a copied window is a multiple of. */
const PAGE_BYTES = 4096;

/**
 * All `WindowTallies` of this process copy from now on. They tell that all bytes are 0: the entropy of zeros takes no time. Returns how many bytes were copied
 * so far. Throws an `Error` in `of` where bytes were not copied, or are no pages.
 */
export function copyInsteadOfCounting(): { readonly bytes: number } {
  const copied = { bytes: 0 };
  const targets = new WeakMap<ScanCore, Target>();
  let told: Tallies = talliesOfZeros(0);
  WindowTallies.prototype.of = function of({ core, address, bytes }, start, number) {
    const target = targets.get(core) ?? targetOf(core);
    targets.set(core, target);
    const { windowBytes } = this;
    if (windowBytes !== PAGE_BYTES) throw new Error(`Windows of ${windowBytes} bytes, expected pages of ${PAGE_BYTES}`);
    for (let at = start; at < start + number * PAGE_BYTES; at += PAGE_BYTES) {
      const last = bytes[at + PAGE_BYTES - 1] ?? 0;
      target.bytes[PAGE_BYTES - 1] = ~last;
      target.copyVectors(address + at, PAGE_BYTES, target.address);
      if (target.bytes[PAGE_BYTES - 1] !== last) throw new Error(`The page at ${at} was not copied`);
    }
    copied.bytes += number * PAGE_BYTES;
    if (told.sums.length < number) told = talliesOfZeros(number);
    return told;
  };
  return copied;
}

function talliesOfZeros(number: number): Tallies {
  const zeros = new Uint32Array(number).fill(PAGE_BYTES);
  const none = new Uint32Array(number);
  return { sums: new Float64Array(number), zeros, first: none, second: none, equal: none };
}

function targetOf(core: ScanCore): Target {
  const before = core.memory.bytes.length;
  const address = core.memory.acquire(PAGE_BYTES);
  // The windows of the question were acquired: growth would detach those that are being read.
  if (core.memory.bytes.length !== before) throw new Error("Linear memory has no room left for a page");
  return { ...copyKernels(core), address, bytes: core.memory.view(address, PAGE_BYTES) };
}
