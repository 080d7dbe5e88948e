/** Memories with holes for property tests. */
import fc from "fast-check";
import type { Stretch } from "./sparse-memory.js";

/** Bytes of few values, so that patterns occur often. */
export const fewValues = (options: { minLength?: number; maxLength: number }) =>
  fc.array(fc.constantFrom(0, 0x41, 0x61, 0x42), options).map((list) => Uint8Array.from(list));

/** Stretches that touch, or lie apart by a hole that is absent, failed or unmapped. */
export const stretches = (content = fewValues({ minLength: 1, maxLength: 40 }), base: bigint = 0x1000n) =>
  fc
    .array(fc.tuple(content, fc.constantFrom("touching", "absent", "failed", "unmapped"), fc.integer({ min: 1, max: 90 })), {
      maxLength: 12,
    })
    .map((parts) => {
      const list: Stretch[] = [];
      let address = base;
      for (const [bytes, gap, length] of parts) {
        list.push({ address, content: bytes });
        address += BigInt(bytes.length);
        if (gap === "failed" || gap === "unmapped") list.push({ address, content: { length, state: gap } });
        if (gap !== "touching") address += BigInt(length);
      }
      return list;
    });
