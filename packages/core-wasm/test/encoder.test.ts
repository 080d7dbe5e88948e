import { describe, expect, it } from "vitest";
import {
  Core,
  decodeLz4Block,
  decodeZstd,
  defaultCore,
  encodeLz4Block,
  encodeLz4BlockInto,
  encodeZstd,
  encodeZstdInto,
  lz4BlockBound,
  zstdBound,
} from "../src/index.js";
import { borderInputs, mixture, smallInputs } from "./support/encoder-inputs.js";
import { expectBytes } from "./support/expect-bytes.js";
import { GuardedEncoders } from "./support/guarded-encoders.js";
import { Random } from "./support/samples.js";

const BYTES = mixture(300_000, 1);
const FORMATS = [
  {
    name: "zstd fast",
    encode: (bytes: Uint8Array, core?: Core) => encodeZstd(bytes, "fast", core),
    encodeInto: (bytes: Uint8Array, output: Uint8Array, core?: Core) => encodeZstdInto(bytes, output, "fast", core),
    bound: zstdBound,
    decode: (data: Uint8Array, length: number) => decodeZstd(data, length),
  },
  {
    name: "zstd default",
    encode: (bytes: Uint8Array, core?: Core) => encodeZstd(bytes, "default", core),
    encodeInto: (bytes: Uint8Array, output: Uint8Array, core?: Core) => encodeZstdInto(bytes, output, "default", core),
    bound: zstdBound,
    decode: (data: Uint8Array, length: number) => decodeZstd(data, length),
  },
  {
    name: "LZ4",
    encode: encodeLz4Block,
    encodeInto: encodeLz4BlockInto,
    bound: lz4BlockBound,
    decode: (data: Uint8Array, length: number) => decodeLz4Block(data, length),
  },
];

describe.each(FORMATS)("$name", ({ encode, encodeInto, bound, decode }) => {
  const encoded = encode(BYTES);

  it("an encoder releases all memory of a call, after success and after failure", () => {
    const core = new Core();
    const firstArea = core.memory.acquire(64);
    core.memory.release(firstArea, 64);
    for (let round = 0; round < 10; round++) {
      expect(Buffer.compare(encode(BYTES, core), encoded)).toBe(0);
      expect(() => encodeInto(BYTES, new Uint8Array(10), core)).toThrow(RangeError);
    }
    expect(core.memory.bytes.length).toBeLessThan(firstArea + 2 * BYTES.length + 2_000_000);
    expect(core.memory.acquire(64)).toBe(firstArea);
  });

  it("an encoder encodes from and to linear memory without a copy", () => {
    const core = new Core({ initialBytes: 8 << 20 });
    const input = core.memory.acquire(BYTES.length);
    const output = core.memory.acquire(bound(BYTES.length));
    core.memory.bytes.set(BYTES, input);
    const view = core.memory.view(output, bound(BYTES.length));
    const end = core.memory.bytes.length;
    const length = encodeInto(core.memory.view(input, BYTES.length), view, core);
    expect(Buffer.compare(view.subarray(0, length), encoded)).toBe(0);
    expect(Buffer.compare(core.memory.view(input, BYTES.length), BYTES)).toBe(0);
    expect(core.memory.bytes.length).toBe(end);
  });

  it("an encoder writes to the start of the given array, and nowhere else in it", () => {
    const output = new Uint8Array(bound(BYTES.length) + 5).fill(0xee);
    expect(encodeInto(BYTES, output)).toBe(encoded.length);
    expect(Buffer.compare(output.subarray(0, encoded.length), encoded)).toBe(0);
    expect(output.subarray(encoded.length).every((byte) => byte === 0xee)).toBe(true);
  });

  it("an encoder encodes in memory above 2 GiB and in shared memory", () => {
    const high = new Core();
    high.memory.acquire(2 ** 31 + 2 ** 20);
    expect(Buffer.compare(encode(BYTES, high), encoded)).toBe(0);
    const shared = encode(BYTES, new Core({ shared: true, initialBytes: 1 << 20 }));
    expect(shared.buffer).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.compare(shared, encoded)).toBe(0);
  });

  it("an encoder encodes huge input without growing the memory of the default core", () => {
    const huge = new Uint8Array(160 * 1024 * 1024);
    for (let at = 0; at < huge.length; at += 4096) huge[at] = at >> 12;
    huge.set(new Random(1).bytes(100_000), huge.length - 100_000);
    const before = defaultCore().memory.bytes.length;
    const data = encode(huge);
    expect(defaultCore().memory.bytes.length).toBe(before);
    expect(data.length).toBeLessThan(huge.length / 40);
    expectBytes(decode(data, huge.length), huge);
  }, 60_000);

  it("an encoder throws a RangeError for too long input, too short output, or too little memory", () => {
    expect(() => bound(0x7e00_0001)).toThrow("Encoders take 0 to 2113929216 bytes, not 2113929217");
    expect(() => bound(-1)).toThrow(RangeError);
    expect(() => bound(1.5)).toThrow(RangeError);
    expect(() => encodeInto(BYTES, new Uint8Array(BYTES.length))).toThrow(
      /The output has 300000 bytes; 300000 bytes may take 30\d+/,
    );
    // 512 KiB are left, less than input and output take.
    const full = new Core();
    full.memory.acquire(2 ** 32 - 2 ** 19);
    expect(() => encode(BYTES, full)).toThrow(RangeError);
  });
});

describe("encoder kernels", () => {
  const guarded = new GuardedEncoders();
  const inputs = [...smallInputs()].filter((_, i) => i % 9 === 0).concat([...borderInputs()].filter((_, i) => i % 19 === 0));
  for (let seed = 1; seed <= 12; seed++) inputs.push({ name: `mixture ${seed}`, bytes: mixture(seed * 50_000, seed) });

  it.each(["begin", "end"] as const)(
    "an encoder encodes without an access outside its areas, with input at the %s of linear memory",
    (place) => {
      for (const { name, bytes } of inputs) {
        try {
          for (const level of [0, 1]) expectBytes(decodeZstd(guarded.zstd(bytes, level, place), bytes.length), bytes);
          expectBytes(decodeLz4Block(guarded.lz4Block(bytes, place), bytes.length), bytes);
        } catch (error) {
          throw new Error(name, { cause: error });
        }
      }
    },
    120_000,
  );
});
