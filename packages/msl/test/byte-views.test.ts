/** Views of one byte array, against `subarray` of the same array. */
import { expect, it } from "vitest";
import { ByteViews } from "../src/bytes.js";

const memory = new Uint8Array(64).map((_, i) => i);
const shared = new Uint8Array(new SharedArrayBuffer(64), 8, 32);
shared.set(memory.subarray(8, 40));

it.each([
  ["a Uint8Array", memory.subarray(8, 40)],
  ["a Buffer", Buffer.from(memory.buffer, 8, 32)],
  ["bytes in shared memory", shared],
  ["no bytes", memory.subarray(8, 8)],
])("views of %s are those that subarray makes", (_, bytes) => {
  const views = new ByteViews(bytes);
  for (const start of [0, 1, 31, 32, 33, 40]) {
    for (const end of [0, 1, 31, 32, 33, 40, 2 ** 33]) {
      const [view, expected] = [views.view(start, end), bytes.subarray(start, end)];
      expect(view).toEqual(expected);
      expect(view.buffer).toBe(expected.buffer);
      expect(view.constructor).toBe(expected.constructor);
      if (view.length > 0) expect(view.byteOffset).toBe(expected.byteOffset);
    }
  }
});
