/** Checks of importing the packages, and of using the WebAssembly core. */
import type { Check } from "./check.js";
import { hex, requireEqual } from "./require.js";

/** Published digests of the empty message and of "abc" (BLAKE3, test vectors and reference implementation). */
const BLAKE3_EMPTY = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
const BLAKE3_ABC = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";

export const LOADING: readonly Check[] = [
  {
    name: "compiles no WebAssembly before the first use",
    run: async ({ webAssemblyAtImport, webAssemblyUses, core }) => {
      requireEqual("uses of WebAssembly by the imports", webAssemblyAtImport, 0);
      new core.Core();
      if (webAssemblyUses() === 0) throw new Error("the first use was not counted: the check is blind in this runtime");
    },
  },
  {
    name: "hashes with the WebAssembly core (BLAKE3, SIMD)",
    run: async ({ core }) => {
      requireEqual("BLAKE3 of nothing", hex(core.blake3(new Uint8Array(0))), BLAKE3_EMPTY);
      requireEqual("BLAKE3 of abc", hex(core.blake3(new TextEncoder().encode("abc"))), BLAKE3_ABC);
    },
  },
  {
    name: "runs the core over memory that threads can share",
    needs: "shared memory",
    run: async ({ core }) => {
      const shared = new core.Core({ shared: true });
      // `structuredClone` throws for memory that cannot be sent to a worker.
      requireEqual("bytes sent", structuredClone(shared.memory.bytes).length, shared.memory.bytes.length);
      requireEqual("BLAKE3 of abc", hex(core.blake3(new TextEncoder().encode("abc"), shared)), BLAKE3_ABC);
    },
  },
];
