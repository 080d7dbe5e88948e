/** Runs `transcode` in memory, and reads regions, keys, modules and tables of a capture in a form that can be compared. */
import {
  BlockType,
  BytesSink,
  type Capture,
  type LintId,
  type OpenOptions,
  openCapture,
  type Region,
  type TranscodeOptions,
  type TranscodeReport,
  transcode,
} from "../src/index.js";
import { requireConforming } from "./write-support.js";

export interface Transcoded {
  readonly bytes: Uint8Array;
  readonly report: TranscodeReport;
}

export async function transcoded(bytes: Uint8Array, options: TranscodeOptions = {}): Promise<Transcoded> {
  const sink = new BytesSink();
  const report = await transcode(bytes, sink, options);
  return { bytes: sink.bytes(), report };
}

/** Throws if a reader reports a deviation of the output that the report does not list as kept. */
export async function requireAsReported({ bytes, report }: Transcoded): Promise<void> {
  const kept = new Set(report.blocks.flatMap(({ changes }) => changes.filter(({ id }) => id === "kept").map(({ lint }) => lint)));
  try {
    await requireConforming(bytes);
  } catch (error) {
    const lints = String((error as Error).message)
      .split("\n")
      .map((line) => line.split(":")[0]);
    if (!lints.every((lint) => kept.has(lint as LintId))) throw error;
  }
}

export async function opened<T>(bytes: Uint8Array, use: (capture: Capture) => Promise<T>, options: OpenOptions = {}): Promise<T> {
  const capture = await openCapture(bytes, options);
  try {
    return await use(capture);
  } finally {
    await capture.close();
  }
}

/** State and bytes of one page. Without all of its bytes a page is not captured, and a reserved state counts as failed. */
interface PageContent {
  readonly state: string;
  readonly bytes: string;
}

/** The most pages at each end of a region that are compared. */
const PAGES_LOOKED_AT = 64;

async function pagesOfRegion(region: Region): Promise<readonly PageContent[]> {
  const pages = await region.pages();
  const { pageSize, numPages } = region.head;
  const looked = Array.from({ length: Math.min(numPages, 2 * PAGES_LOOKED_AT) }, (_, i) =>
    i < PAGES_LOOKED_AT || numPages <= 2 * PAGES_LOOKED_AT ? i : numPages - 2 * PAGES_LOOKED_AT + i,
  );
  const found: PageContent[] = [];
  for (const page of looked) {
    const state = pages.stateAt(page);
    const there = state === "captured" ? await region.readCaptured(BigInt(page) * BigInt(pageSize), pageSize) : new Uint8Array(0);
    const whole = there.length === pageSize;
    found.push({
      state: state === "captured" && whole ? "captured" : state === "unmapped" ? "unmapped" : "failed",
      bytes: whole ? Buffer.from(there).toString("base64") : "",
    });
  }
  return found;
}

export interface RegionContent {
  readonly place: string;
  readonly pages: readonly PageContent[];
}

/** Regions with their pages, in file order, as 1.1 can hold them. */
export async function regionsOf(capture: Capture): Promise<readonly RegionContent[]> {
  const found: RegionContent[] = [];
  for (const region of await capture.regions()) {
    const { head, baseAddr } = region;
    const kind = `${head.protection & 0x1f} ${head.regionType} ${head.pageSize} ${head.timestampNs}`;
    found.push({ place: `0x${baseAddr.toString(16)} ${head.numPages} pages ${kind}`, pages: await pagesOfRegion(region) });
  }
  return found;
}

/** Addresses and bytes of keys, for Key Hints that point into a region. */
export async function keysOf(capture: Capture): Promise<readonly string[]> {
  const hints = await capture.keyHints();
  return hints
    .filter(({ deviations }) => !deviations.some(({ id }) => id === "KEY-RANGE" || id === "REF-DANGLING"))
    .map(({ hint, candidates }) => {
      const places = candidates.map(
        ({ reading, address, bytes }) => `${reading} 0x${address.toString(16)} ${Buffer.from(bytes).toString("hex")}`,
      );
      return `${hint.keyType} ${hint.protocol} ${hint.confidence} ${hint.keyState} ${hint.keyLen} ${hint.note} ${places.join(" or ")}`;
    });
}

/** Modules as text, also modules that only the Module List Index names, in sorted order. */
export async function modulesOf(capture: Capture): Promise<readonly string[]> {
  const modules = await capture.modules();
  return modules
    .map(({ baseAddr, moduleSize, path, entry }) =>
      [baseAddr, moduleSize, path, entry?.version ?? "", hex(entry?.diskHash), hex(entry?.nativeBlob)].join(" ").trimEnd(),
    )
    .sort();
}

function hex(bytes: Uint8Array | undefined): string {
  return bytes?.some((byte) => byte !== 0) ? Buffer.from(bytes).toString("hex") : "";
}

const TABLES = [
  BlockType.ImportProvenance,
  BlockType.ProcessIdentity,
  BlockType.SystemContext,
  BlockType.ProcessTable,
  BlockType.ConnectionTable,
  BlockType.HandleTable,
  BlockType.MemslicerConnectivityTable,
  BlockType.ConnectivityTable,
  BlockType.RelatedDump,
];

/** Decoded payloads of these types that 1.1 defines, in order of type. `tableBitmap` is left out, since it follows from the tables. */
export async function tablesOf(capture: Capture): Promise<readonly object[]> {
  const found: object[] = [];
  for (const type of TABLES) {
    for (const block of capture.blocks.ofType(type)) {
      const { payload } = await block.decode();
      if (block.afterEoc || !payload || payload.kind === "KernelSymbolBundle" || payload.kind === "Raw") continue;
      found.push(payload.kind === "SystemContext" ? { ...payload, tableBitmap: 0, uptimeNs: null, osVersion: null } : payload);
    }
  }
  return found;
}
