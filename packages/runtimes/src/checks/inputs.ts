/** The origins of bytes that `openCapture` and `verifyStream` accept. */
import { verdictDifferences } from "../../../bench/src/samples/recorded-values.js";
import type { Check } from "./check.js";
import { requireEqual, requireNone, requireRefused } from "./require.js";
import { requireRecorded } from "./samples.js";

export const INPUTS: readonly Check[] = [
  {
    name: "opens a Blob, and verifies its stream",
    run: async (environment) => {
      const { msl, bytes, expected } = environment;
      for (const sample of ["ms-zstd-mixed", "ms-hash-sha256"]) {
        const blob = new Blob([await bytes(sample)]);
        await requireRecorded(environment, sample, blob);
        requireNone(sample, verdictDifferences(await expected(sample), await msl.verifyStream(blob.stream())));
      }
    },
  },
  {
    name: "opens bytes in shared memory",
    run: async (environment) => {
      for (const sample of ["ms-strings-edge", "ms-lz4-mixed", "ms-hash-sha256", "lm-zstd"]) {
        const bytes = await environment.bytes(sample);
        // Made without the name SharedArrayBuffer, which pages that are not isolated lack although they have shared memory.
        const { buffer } = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
        const shared = new Uint8Array(buffer, 0, bytes.length);
        shared.set(bytes);
        await requireRecorded(environment, sample, shared);
      }
    },
  },
  {
    name: "opens a path and a file URL",
    needs: "files",
    run: async (environment) => {
      for (const sample of ["ms-basic-plain", "md-zstd", "lm-lz4"]) {
        await requireRecorded(environment, sample, environment.path(sample));
        await requireRecorded(environment, sample, new URL(`file://${encodeURI(environment.path(sample))}`));
      }
    },
  },
  {
    name: "names the reason why a file cannot be opened",
    run: ({ msl }) => requireRefused("a path to nothing", "source", () => msl.openCapture("/nothing/here.msl")),
  },
  {
    name: "opens a caller's Source, and closes it (Symbol.asyncDispose)",
    run: async ({ msl, bytes }) => {
      const all = await bytes("ms-basic-plain");
      let closed = 0;
      const capture = await msl.openCapture({
        size: all.length,
        read: async (offset, length) => all.slice(offset, offset + length),
        close: async () => {
          closed++;
        },
      });
      await capture[Symbol.asyncDispose]();
      requireEqual("times closed", closed, 1);
    },
  },
];
