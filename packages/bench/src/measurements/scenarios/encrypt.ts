/** Encrypted captures: peak memory of opening, verifying and reading, and the speed of checking the tag. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openCapture } from "@memslice/msl";
import { peakOf } from "../../processes/peak-memory.js";
import { compare } from "../harness/compare.js";
import type { Finding } from "../harness/findings.js";
import { authenticateSlabs, authenticateStream } from "../peers/native-authentication.js";
import type { Scenario } from "../scenario.js";
import { CIPHERS, type CipherName, KEY } from "../workloads/encrypted-capture.js";

const WRITE = fileURLToPath(new URL("../children/write-encrypted.js", import.meta.url));
const READ = fileURLToPath(new URL("../children/read-encrypted.js", import.meta.url));
const MIB = 1024 * 1024;
/** Number of regions of 64 MiB each. */
const QUICK_REGIONS = 1;
const SMALL_REGIONS = 4;
const LARGE_REGIONS = 80;
const REGION_FILE_BYTES = 65 * MIB;

export const encrypt: Scenario = {
  name: "encrypt",
  summary: "encrypted captures: peak memory, 300 random reads compared, and the tag against node:crypto",
  async *run({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), "memslice-bench-"));
    try {
      for (const cipher of CIPHERS) yield* measure(join(folder, "encrypted.msl"), cipher, quick);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function* measure(path: string, cipher: CipherName, quick: boolean): AsyncGenerator<Finding> {
  write(path, cipher, quick ? QUICK_REGIONS : SMALL_REGIONS);
  const { size } = statSync(path);
  const pace = {
    rounds: quick ? 6 : 10,
    attempts: quick ? 1 : 2,
    warmUpSeconds: quick ? 0.2 : 1,
    leadInSeconds: 0,
    sampleSeconds: 0,
  };
  const comparison = {
    title: `${cipher}: opening a file of ${Math.round(size / MIB)} MiB in page cache, tag and fingerprints`,
    work: { amount: size, unit: "bytes" },
    ours: { name: "openCapture", run: () => opened(path) },
    peers: [
      // The promise for AES-256-GCM is half the speed of the cipher alone.
      {
        name: "node:crypto, reading ahead",
        run: () => authenticateSlabs(path, cipher),
        ...(cipher === "AES-256-GCM" && { bar: { atLeast: 0.5 } }),
      },
      { name: "node:crypto over createReadStream", run: () => authenticateStream(path, cipher) },
    ],
    check: (result: boolean) => (result ? undefined : "the tag does not hold"),
  } as const;
  yield await compare(comparison, pace);
  if (!quick) write(path, cipher, LARGE_REGIONS);
  const regions = quick ? QUICK_REGIONS : LARGE_REGIONS;
  const bytes = statSync(path).size;
  yield {
    kind: "figure",
    title: `${cipher}: peak of opening, verifying and reading ${(bytes / 2 ** 30).toFixed(2)} GiB`,
    value: peakOf([READ, path, String(regions)]) / MIB,
    unit: "MiB",
    bar: { atMost: 160 },
  };
  rmSync(path);
}

async function opened(path: string): Promise<boolean> {
  const capture = await openCapture(path, { keys: { key: KEY } });
  await capture.close();
  return capture.end.eocIndex !== null;
}

/** Writes in another process: this one would otherwise keep the memory that writing needs. */
function write(path: string, cipher: CipherName, regions: number): void {
  const { bavail, bsize } = statfsSync(tmpdir());
  if (bavail * bsize < 2 * regions * REGION_FILE_BYTES) throw new Error(`${tmpdir()} has not enough space for the capture`);
  execFileSync(process.execPath, [WRITE, path, cipher, String(regions)], { stdio: ["ignore", "inherit", "inherit"] });
}
