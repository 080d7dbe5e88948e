/**
 * A histogram that copies bytes in place of counting them, so that a question about entropy takes the time of reading memory, of the frame of questions, and of
 * a kernel that only copies.
 */
import { Histogram, type ScanCore } from "@memslice/core-wasm/scan";
import { type CopyKernels, copyKernels } from "./copy-kernels.js";

/** The kernels of a core, and where they copy to. */
interface Target extends CopyKernels {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Bytes that the copied part is a multiple of at most. */
const PAGE_BYTES = 4096;

/**
 * Every `Histogram` of this process copies from now on. It tells that all bytes are 0: the entropy of zeros takes no time. Returns how many bytes were copied so
 * far. Throws an `Error` in `counts` where bytes were not copied, or are no pages.
 */
export function copyInsteadOfCounting(): { readonly bytes: number } {
  const copied = { bytes: 0 };
  const zeros = new Uint32Array(256);
  const targets = new WeakMap<ScanCore, Target>();
  Histogram.prototype.counts = function counts({ core, address, bytes }, start, length) {
    const target = targets.get(core) ?? targetOf(core);
    targets.set(core, target);
    if (length !== PAGE_BYTES) throw new Error(`A part of ${length} bytes, expected pages of ${PAGE_BYTES}`);
    const last = bytes[start + length - 1] ?? 0;
    target.bytes[length - 1] = ~last;
    target.copyVectors(address + start, length, target.address);
    if (target.bytes[length - 1] !== last) throw new Error(`The page at ${start} was not copied`);
    copied.bytes += length;
    zeros[0] = length;
    return zeros;
  };
  return copied;
}

function targetOf(core: ScanCore): Target {
  const before = core.memory.bytes.length;
  const address = core.memory.acquire(PAGE_BYTES);
  // The windows of the question were acquired: growth would detach those that are being read.
  if (core.memory.bytes.length !== before) throw new Error("Linear memory has no room left for a page");
  return { ...copyKernels(core), address, bytes: core.memory.view(address, PAGE_BYTES) };
}
