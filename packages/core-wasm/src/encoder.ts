/** A call of any encoder: the areas that it works in, and the place of its output. */
import { Areas } from "./areas.js";
import { Core, defaultCore } from "./core.js";
import { type EncodeExports, encodersOf } from "./encode/encode-kernels.js";

/** The kernels of one format and level. */
export interface Encoder {
  /** The most bytes that `length` bytes take when encoded. */
  bound(kernels: EncodeExports, length: number): number;
  /** Bytes of the workspace for `length` bytes. */
  workspaceSize(kernels: EncodeExports, length: number): number;
  /** Returns the length of the encoded data. */
  encode(kernels: EncodeExports, call: EncoderCall): number;
}

/** Addresses in linear memory. */
interface EncoderCall {
  readonly source: number;
  readonly length: number;
  readonly destination: number;
  readonly workspace: number;
}

/** The most bytes that the reference implementation of LZ4 encodes as one block. Input, output and workspace fit into 4 GiB. */
const LONGEST_INPUT = 0x7e00_0000;
/** For longer input a core of its own is made and dropped, since the memory of a core never shrinks. */
const OWN_CORE_BYTES = 128 * 1024 * 1024;

/** The most bytes that `length` bytes take when encoded. Throws a `RangeError` for more than LONGEST_INPUT bytes. */
export function encodedBound(encoder: Encoder, length: number, core: Core | undefined): number {
  if (!Number.isInteger(length) || length < 0 || length > LONGEST_INPUT) {
    throw new RangeError(`Encoders take 0 to ${LONGEST_INPUT} bytes, not ${length}`);
  }
  return encoder.bound(encodersOf(core ?? defaultCore()), length);
}

/** Encodes to a new array. Throws a `RangeError` for input that is too long, or when linear memory has no room. */
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

/**
 * Encodes to the start of `output`. Returns the length. Throws as `encode` does, and a `RangeError` when `output` is shorter than the
 * bound.
 */
export function encodeInto(encoder: Encoder, bytes: Uint8Array, output: Uint8Array, core: Core | undefined): number {
  const bound = encodedBound(encoder, bytes.length, core);
  if (output.length < bound) {
    throw new RangeError(`The output has ${output.length} bytes; ${bytes.length} bytes may take ${bound} when encoded`);
  }
  const chosen = core ?? coreFor(bytes);
  // Asked before areas are acquired: growth of the memory detaches an output that lies in it.
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

/** `provide` acquires the place of the output, `take` gets the encoded bytes from there. */
function run<Result>(
  encoder: Encoder,
  core: Core,
  bytes: Uint8Array,
  provide: (areas: Areas) => number,
  take: (memory: Uint8Array, destination: number, length: number) => Result,
): Result {
  const { memory } = core;
  const kernels = encodersOf(core);
  const { length } = bytes;
  const areas = new Areas(core);
  try {
    const source = areas.place(bytes);
    const workspace = areas.acquire(encoder.workspaceSize(kernels, length));
    const destination = provide(areas);
    return take(memory.bytes, destination, encoder.encode(kernels, { source, length, destination, workspace }));
  } finally {
    areas.release();
  }
}
