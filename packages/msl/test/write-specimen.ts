/** Random inputs of the writer, and the captures that it makes of them. */
import fc from "fast-check";
import { BytesSink, type PlannedBlock, pagesOf, type TableKind, type WritablePayload, writeCapture } from "../src/index.js";
import { BLOCK_KINDS } from "../src/write/block-kinds.js";
import { uuidV4, valuesOf } from "./write-arbitrary.js";
import { PAGE, region, uuidSource } from "./write-support.js";

const COMPRESSIONS = ["none", "zstd", "lz4"] as const;

const valueOfKind = (kind: TableKind) =>
  valuesOf(BLOCK_KINDS[kind].layout, { tails: false }).map((value) => ({ ...value, kind }) as unknown as WritablePayload);
const stretches = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 9 }),
    state: fc.constantFrom("captured" as const, "failed" as const, "unmapped" as const),
  }),
  { maxLength: 6 },
);
const regions = fc.uniqueArray(fc.tuple(uuidV4, stretches, fc.nat(1000), fc.constantFrom(...COMPRESSIONS), fc.boolean()), {
  selector: ([uuid]) => uuid,
  maxLength: 4,
});
const modules = fc.uniqueArray(fc.tuple(uuidV4, valuesOf(BLOCK_KINDS.ModuleEntry.layout)), {
  selector: ([uuid]) => uuid,
  maxLength: 3,
});
const tables = fc.tuple(
  ...(["ProcessTable", "ConnectionTable", "HandleTable", "ConnectivityTable"] as const).map((kind) =>
    fc.option(
      valueOfKind(kind).filter(
        (value) => kind !== "ConnectivityTable" || (value as unknown as { rows: unknown[] }).rows.length > 0,
      ),
    ),
  ),
);

export interface Specimen {
  readonly header: {
    readonly hashAlgo: number;
    readonly investigation: boolean;
    readonly redacted: boolean;
    readonly pid: number;
  };
  readonly blocks: readonly PlannedBlock[];
  readonly splitAbove: number;
}

export const specimen: fc.Arbitrary<Specimen> = fc
  .record({
    hashAlgo: fc.constantFrom(0, 1, 2),
    investigation: fc.boolean(),
    redacted: fc.boolean(),
    pid: fc.nat(),
    identity: valueOfKind("ProcessIdentity"),
    context: valueOfKind("SystemContext"),
    tables,
    modules,
    regions,
    related: fc.option(valueOfKind("RelatedDump")),
    hint: valuesOf(BLOCK_KINDS.KeyHint.layout),
    splitAbove: fc.constantFrom(2 ** 32 - 81, 32 + 8 + 3 * PAGE),
  })
  .map(({ hashAlgo, investigation, redacted, pid, identity, context, splitAbove, ...parts }) => {
    const entries = parts.modules.map(([moduleUuid, value]) => ({
      ...(value as { baseAddr: bigint; moduleSize: bigint; path: string }),
      moduleUuid,
    }));
    const blocks: PlannedBlock[] = [{ payload: identity }, { payload: { kind: "ModuleListIndex", entries } }];
    if (investigation) blocks.push({ payload: context }, ...parts.tables.flatMap((payload) => (payload ? [{ payload }] : [])));
    for (const [uuid, value] of parts.modules)
      blocks.push({ uuid, payload: { kind: "ModuleEntry", ...value } as WritablePayload });
    for (const [uuid, runs, at, compression, hinted] of parts.regions) {
      const input = regionOf(runs, BigInt(at) << 20n);
      const captured = input.pages.tally().captured;
      const mapBytes = 8 * Math.ceil(input.pages.numPages / 32);
      const split = 32 + mapBytes + captured * PAGE > splitAbove;
      blocks.push({ uuid, payload: { kind: "MemoryRegion", ...input }, compression });
      if (!hinted || split || captured === 0) continue;
      const hint = { ...parts.hint, kind: "KeyHint", regionUuid: uuid, regionOffset: BigInt(captured * PAGE) >> 1n, keyLen: 0 };
      blocks.push({ payload: hint as unknown as WritablePayload, keepNote: true });
    }
    if (parts.related) blocks.push({ payload: parts.related });
    return { header: { hashAlgo, investigation, redacted, pid }, blocks, splitAbove };
  });

function regionOf(runs: Parameters<typeof pagesOf>[0], baseAddr: bigint) {
  const pages = pagesOf(runs);
  return { ...region(pages.tally().captured, baseAddr), regionSize: BigInt(pages.numPages * PAGE), pages };
}

export async function write({ header, blocks, splitAbove }: Specimen): Promise<Uint8Array> {
  const sink = new BytesSink();
  const head = { osType: 1, archType: 2, timestampNs: 3n, ...header };
  await writeCapture(sink, { header: head, blocks, splitAbove, uuid: uuidSource(), timestamp: () => 5n });
  return sink.bytes();
}
