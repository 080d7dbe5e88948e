/** What all encoders share: the areas that one call works in, and where its output goes. */
import { Areas } from "./areas.js";
import { Core, defaultCore } from "./core.js";
import type { CoreExports } from "./exports.js";

export interface Encoder {
  /** The most bytes that the data of `length` bytes takes. */
  bound(kernels: CoreExports, length: number): number;
  workspaceSize(kernels: CoreExports, length: number): number;
  /** Returns the length of the encoded data. */
  encode(kernels: CoreExports, call: EncoderCall): number;
}

/** Addresses in linear memory. */
interface EncoderCall {
  readonly source: number;
  readonly length: number;
  readonly destination: number;
  readonly workspace: number;
}

/** The longest input of the LZ4 block format's reference implementation; input, output and workspace fit into 4 GiB. */
const LONGEST_INPUT = 0x7e00_0000;
/** Longer input gets a core for itself: what it takes must not stay allocated. */
const OWN_CORE_BYTES = 128 * 1024 * 1024;

/** Throws a `RangeError` for input that is too long. */
export function encodedBound(encoder: Encoder, length: number, core: Core | undefined): number {
  if (!Number.isInteger(length) || length < 0 || length > LONGEST_INPUT) {
    throw new RangeError(`Encoders take 0 to ${LONGEST_INPUT} bytes, not ${length}`);
  }
  return encoder.bound((core ?? defaultCore()).kernels, length);
}

/** Encodes to an array of its own. Throws a `RangeError` for input that is too long, or linear memory that has no room. */
export function encode(encoder: Encoder, bytes: Uint8Array, core: Core | undefined): Uint8Array<ArrayBuffer> {
  const bound = encodedBound(encoder, bytes.length, core);
  return run(
    encoder,
    core ?? coreFor(bytes),
    bytes,
    (areas) => areas.acquire(bound),
    (memory, destination, length) => memory.slice(destination, destination + length),
  );
}

/** Encodes to the begin of `output`, and returns the length. Throws a `RangeError` when `output` is shorter than the bound, too. */
export function encodeInto(encoder: Encoder, bytes: Uint8Array, output: Uint8Array, core: Core | undefined): number {
  const bound = encodedBound(encoder, bytes.length, core);
  if (output.length < bound) {
    throw new RangeError(`The output has ${output.length} bytes; ${bytes.length} bytes may take ${bound} when encoded`);
  }
  const chosen = core ?? coreFor(bytes);
  // Asked before anything is acquired: growth detaches bytes that lie in linear memory.
  const resident = chosen.memory.addressOf(output);
  return run(
    encoder,
    chosen,
    bytes,
    (areas) => (resident >= 0 ? resident : areas.acquire(bound)),
    (memory, destination, length) => {
      if (resident < 0) output.set(memory.subarray(destination, destination + length));
      return length;
    },
  );
}

function coreFor(bytes: Uint8Array): Core {
  const shared = defaultCore();
  return bytes.length <= OWN_CORE_BYTES || shared.memory.addressOf(bytes) >= 0 ? shared : new Core();
}

function run<Result>(
  encoder: Encoder,
  core: Core,
  bytes: Uint8Array,
  provide: (areas: Areas) => number,
  take: (memory: Uint8Array, destination: number, length: number) => Result,
): Result {
  const { kernels, memory } = core;
  const { length } = bytes;
  const resident = memory.addressOf(bytes);
  const areas = new Areas(core);
  try {
    const source = resident >= 0 ? resident : areas.acquire(length);
    if (resident < 0) memory.bytes.set(bytes, source);
    const workspace = areas.acquire(encoder.workspaceSize(kernels, length));
    const destination = provide(areas);
    return take(memory.bytes, destination, encoder.encode(kernels, { source, length, destination, workspace }));
  } finally {
    areas.release();
  }
}
