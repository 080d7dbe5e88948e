/** Checks of refusals: error codes, limits and cancellation. */
import type { Check } from "./check.js";
import { requireEqual, requireRefused } from "./require.js";
import { captureAndZeros, streamOf } from "./streams.js";

export const REFUSALS: readonly Check[] = [
  {
    name: "throws MslError with a code",
    run: async ({ msl, bytes }) => {
      await requireRefused("text", "not-msl", () => msl.openCapture(new TextEncoder().encode("no capture at all")));
      await requireRefused("major version 2", "unsupported-version", async () => msl.openCapture(await bytes("x-bad-major")));
      const capture = await msl.openCapture(await bytes("ms-basic-plain"));
      await requireRefused("block -1", "no-such-block", () => capture.blocks.at(-1));
    },
  },
  {
    name: "stops at a decompression bomb",
    run: async ({ msl, bytes }) => {
      const reader = new msl.MslSliceReader(await bytes("x-zstd-bomb"), { payloadLimit: 1024 * 1024 });
      const results = Array.from(reader, (block) => block.decode());
      requireEqual("blocks with a problem", results.filter(({ problem }) => problem).length, 1);
    },
  },
  {
    name: "stops when an AbortSignal fires",
    run: async ({ msl, bytes }) => {
      const capture = await bytes("ms-basic-plain");
      const aborted = AbortSignal.abort();
      await requireRefused("opening", "aborted", () => msl.openCapture(capture, { signal: aborted }));
      await requireRefused("verifying", "aborted", async () => (await msl.openCapture(capture)).verify({ signal: aborted }));
      await requireRefused("a stream", "aborted", () => msl.verifyStream(streamOf(capture), { signal: aborted }));
      // A server that never answers.
      const fetch = () => new Promise<Response>(() => {});
      const signal = AbortSignal.timeout(20);
      await requireRefused("waiting", "aborted", () => msl.openCapture("http://evidence.example/", { fetch, signal }));
      // An endless verification, which only the timer stops.
      const endless = captureAndZeros(capture, Number.POSITIVE_INFINITY);
      await requireRefused("working", "aborted", () => msl.verifyStream(endless, { signal: AbortSignal.timeout(20) }));
    },
  },
];
