/** Verification with each hash that a capture may name, from random access and from a stream. */
import { verdictDifferences } from "../../../bench/src/samples/recorded-values.js";
import type { Check, Environment } from "./check.js";
import { requireEqual, requireNone } from "./require.js";
import { captureAndZeros, streamOf } from "./streams.js";

const ALGORITHMS = [
  { name: "BLAKE3", code: 0, samples: ["ms-basic-plain", "x-flip-middle", "x-flip-eoc-filehash"] },
  { name: "SHA-256", code: 1, samples: ["ms-hash-sha256"] },
  { name: "SHA-512/256", code: 2, samples: ["ms-hash-sha512-256"] },
] as const;

export const VERIFICATION: readonly Check[] = [
  ...ALGORITHMS.map(
    ({ name, code, samples }): Check => ({
      name: `verifies ${name}`,
      run: async (environment) => {
        for (const sample of samples) await requireVerdict(environment, sample, code);
      },
    }),
  ),
  {
    name: "finds one changed byte under each hash",
    run: async ({ msl, bytes }) => {
      for (const { name, samples } of ALGORITHMS) {
        const changed = await bytes(samples[0]);
        changed[500] = (changed[500] ?? 0) ^ 1;
        requireEqual(name, (await (await msl.openCapture(changed)).verify()).outcome, "altered");
      }
    },
  },
  {
    name: "verifies without timers, which pages delay",
    needs: "delayed timers",
    run: async ({ msl, bytes }) => {
      const timer = globalThis.setTimeout;
      let timers = 0;
      globalThis.setTimeout = ((...given: Parameters<typeof timer>) => {
        timers++;
        return timer(...given);
      }) as typeof timer;
      try {
        // Verification pauses after each of the 4 MiB.
        await msl.verifyStream(captureAndZeros(await bytes("ms-basic-plain"), 4));
      } finally {
        globalThis.setTimeout = timer;
      }
      requireEqual("timers", timers, 0);
    },
  },
];

async function requireVerdict({ msl, bytes, expected }: Environment, sample: string, code: number): Promise<void> {
  const capture = await msl.openCapture(await bytes(sample));
  const reports = [await capture.verify(), await msl.verifyStream(streamOf(await bytes(sample)))];
  for (const report of reports) {
    requireEqual(`${sample}: HashAlgo`, report.hashAlgo, code);
    requireNone(sample, verdictDifferences(await expected(sample), report));
  }
}
