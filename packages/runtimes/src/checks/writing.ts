/** Writing captures, and reading the written captures. */
import type { EncryptionOptions } from "@memslice/msl";
import type { Check, Environment } from "./check.js";
import { requireEqual, requireRefused } from "./require.js";

const PAGE = 4096;
const PAGES = 1024;

export const WRITING: readonly Check[] = [
  {
    name: "writes captures plain, with zstd and with LZ4, and reads them back",
    run: async (environment) => {
      for (const compression of ["none", "zstd", "lz4"] as const) {
        const { msl } = environment;
        const capture = await msl.openCapture(await written(environment, compression), { strict: true });
        const { segments } = await capture.memory.read(BASE, PAGES * PAGE);
        const states = segments.map(({ state, length }) => [state, Number(length)]);
        requireEqual(compression, states, [
          ["failed", PAGE],
          ["captured", (PAGES - 1) * PAGE],
        ]);
        requireEqual(compression, (await capture.verify()).verdict, "chain-ok+filehash-ok");
        await capture.close();
      }
    },
  },
  {
    name: "writes encrypted captures with both ciphers and opens them",
    run: async (environment) => {
      const { msl } = environment;
      const key = new Uint8Array(32).map((_, at) => at);
      const plain = await msl.openCapture(await written(environment, "none"));
      const expected = await plain.memory.read(PAGE_TWO, PAGE);
      await plain.close();
      for (const cipher of ["aes-256-gcm", "xchacha20-poly1305"] as const) {
        const bytes = await written(environment, "zstd", { encryption: { cipher, key } });
        const capture = await msl.openCapture(bytes, { keys: { key }, strict: true });
        requireEqual(cipher, (await capture.verify({ strict: true })).verdict, "aead-ok");
        requireEqual(cipher, (await capture.memory.read(PAGE_TWO, PAGE)).bytes(), expected.bytes());
        await capture.close();
        bytes[200] = (bytes[200] ?? 0) ^ 1;
        await requireRefused(`${cipher}, altered`, "authentication-failed", () => msl.openCapture(bytes, { keys: { key } }));
      }
    },
  },
  {
    name: "compresses in threads to the same bytes as in one thread (in one thread without workers)",
    run: async (environment) => {
      for (const compression of ["zstd", "lz4"] as const) {
        const options = { splitAbove: 1024 * 1024 };
        const [one, three] = await Promise.all(
          [1, 3].map((threads) => written(environment, compression, { ...options, threads })),
        );
        requireEqual(compression, three, one);
      }
    },
  },
  {
    name: "verifies in several threads with the report of one thread (in one thread if threads are missing)",
    run: async (environment) => {
      const bytes = await written(environment, "none");
      for (const changed of [undefined, 70_000]) {
        if (changed !== undefined) bytes[changed] = (bytes[changed] ?? 0) ^ 1;
        const [one, three] = await Promise.all([1, 3].map((threads) => environment.msl.verifyCapture(bytes, { threads })));
        const comparable = (report: typeof one) => ({
          ...report,
          breaks: report && [...report.breaks],
          elapsedMs: 0,
          threads: null,
        });
        requireEqual("report", comparable(three), comparable(one));
        requireEqual("outcome", one?.outcome, changed === undefined ? "intact" : "altered");
      }
    },
  },
  {
    name: "hashes in all requested threads",
    needs: "shared memory",
    run: async (environment) => {
      const bytes = await written(environment, "none");
      const before = environment.messagesHeard("done");
      await environment.msl.verifyCapture(bytes, { threads: 3 });
      requireEqual("threads that were done", environment.messagesHeard("done") - before, 3);
    },
  },
  {
    name: "compresses in a thread",
    needs: "workers",
    run: async (environment) => {
      const before = environment.messagesHeard("stored");
      // The writer compresses too: enough payloads that some are left when the worker has started.
      const writers = Array.from({ length: 6 }, () => written(environment, "zstd", { threads: 2, splitAbove: 256 * 1024 }));
      await Promise.all(writers);
      requireEqual("whether a thread has compressed", environment.messagesHeard("stored") > before, true);
    },
  },
];

const BASE = 0x10000n;
const PAGE_TWO = BASE + 2n * BigInt(PAGE);

/** Writes one region of 4 MiB whose first page has failed. The bytes are the same every time, unless the capture is encrypted. */
async function written(
  { msl }: Environment,
  compression: "none" | "zstd" | "lz4",
  options: { readonly encryption?: EncryptionOptions; readonly threads?: number; readonly splitAbove?: number } = {},
): Promise<Uint8Array> {
  const sink = new msl.BytesSink();
  let uuids = 0;
  const pageData = new Uint8Array((PAGES - 1) * PAGE).map((_, at) => (at % 251) ^ (at >> 14));
  await msl.writeCapture(sink, {
    header: { osType: 1, archType: 1, pid: 42 },
    compression,
    uuid: () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, "0")}`,
    timestamp: () => 1n,
    ...options,
    blocks: [
      { payload: { kind: "ProcessIdentity", ppid: 1, sessionId: 0, startTimeNs: 0n } },
      { payload: { kind: "ModuleListIndex", entries: [] } },
      {
        payload: {
          kind: "MemoryRegion",
          baseAddr: BASE,
          regionSize: BigInt(PAGES * PAGE),
          protection: 3,
          regionType: 1,
          pageSizeLog2: 12,
          timestampNs: 0n,
          pages: msl.pagesOf([
            { count: 1, state: "failed" },
            { count: PAGES - 1, state: "captured" },
          ]),
          pageData,
        },
      },
    ],
  });
  return sink.bytes();
}
