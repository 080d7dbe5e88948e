/** `transcode` of damaged and hostile captures: the output conforms, the report lists every loss, and holes are not read as bytes. */
import { describe, expect, it } from "vitest";
import { BlockFlag, MslError, type TranscodeReport } from "../src/index.js";
import { type BlockSpec, captureOf, moduleListPayload, PAGE, regionPayload, uuidText } from "./build-capture.js";
import { fixtureBytes, READABLE, REFUSED } from "./fixtures.js";
import { keysOf, opened, regionsOf, requireAsReported, transcoded } from "./transcode-support.js";
import { concatenated, vectorV6 } from "./vectors.js";
import { requireConforming } from "./write-support.js";

const [C, F, RESERVED] = [0, 1, 3];

/** Transcodes a capture that can be opened. Expects in each region of the output the pages that the region has in the source. */
async function checked(source: Uint8Array): Promise<boolean> {
  let before: Awaited<ReturnType<typeof regionsOf>>;
  try {
    before = await opened(source, regionsOf);
  } catch (error) {
    expect(error).toBeInstanceOf(MslError);
    await expect(transcoded(source)).rejects.toBeInstanceOf(MslError);
    return false;
  }
  const result = await transcoded(source, { payloadLimit: 4 * 1024 * 1024, conformingOnly: true });
  const { bytes, report } = result;
  await requireAsReported(result);
  const after = await opened(bytes, regionsOf, { strict: true });
  const lost = report.leftOut.filter(({ typeName }) => typeName === "MemoryRegion").length;
  const undecodable = new Set(
    report.blocks
      .filter(({ changes }) => changes.some(({ id, lint }) => id === "pages-failed" && lint === "CMP-SIZE"))
      .map(({ output }) => output.index),
  );
  const left = [...before];
  const blocks = await opened(bytes, async (capture) => (await capture.regions()).map(({ block }) => block.index), {
    strict: true,
  });
  for (const [position, region] of after.entries()) {
    // Compressed page data of MSL 0.1 that does not decompress is not memory, although readers may return its bytes as pages.
    const broken = undecodable.has(blocks[position] ?? -1);
    if (broken) expect(region.pages.some(({ state }) => state === "captured")).toBe(false);
    const index = left.findIndex(
      (one) => one.place === region.place && (broken || JSON.stringify(one.pages) === JSON.stringify(region.pages)),
    );
    expect(index, region.place).toBeGreaterThanOrEqual(0);
    left.splice(index, 1);
  }
  expect(left.length).toBeLessThanOrEqual(lost);
  return true;
}

describe("damaged captures", () => {
  it.each(REFUSED)("transcode refuses %s", async (name) => {
    await expect(transcoded(fixtureBytes(name))).rejects.toBeInstanceOf(MslError);
  });

  it.each(READABLE.filter((name) => name.startsWith("x-")))(
    "transcode makes a conforming capture of the damaged capture %s, with the pages of the source",
    async (name) => {
      expect(await checked(fixtureBytes(name))).toBe(true);
    },
  );

  it.each(["ms-basic-plain", "md-zstd", "lm-zstd"])(
    "transcode makes a conforming capture of %s cut off at any of 60 sizes, with the pages of the source",
    async (name) => {
      const bytes = fixtureBytes(name);
      for (let size = 64; size < bytes.length; size += Math.ceil(bytes.length / 60)) await checked(bytes.slice(0, size));
    },
    60_000,
  );

  it.each(["ms-investigation-full", "md-live-modules", "lm-basic", "x-continuation"])(
    "transcode makes a conforming capture of %s with random bytes changed, with the pages of the source",
    async (name) => {
      let state = 1;
      const random = (below: number) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return (state >>> 8) % below;
      };
      for (let run = 0; run < 40; run++) {
        const bytes = fixtureBytes(name);
        // Mostly where headers are, and not in the magic, which would only end the capture.
        for (let i = 0; i < 4; i++) bytes[64 + random(Math.min(bytes.length - 64, 4096))] = random(256);
        await checked(bytes);
      }
    },
    60_000,
  );
});

const region = (
  more: Partial<BlockSpec> & { base?: bigint; states?: number[]; fill?: number; short?: number } = {},
): BlockSpec => {
  const { base = 0x1000n, states = [C, F], fill = 1, short = 0, ...spec } = more;
  return { type: 1, payload: regionPayload({ base, states, fill, short }), ...spec };
};

async function changesOf(blocks: readonly BlockSpec[], options = {}) {
  const source = captureOf(blocks);
  const { bytes, report } = await transcoded(source, options);
  return { source, bytes, report, changes: report.blocks.flatMap(({ changes }) => changes) };
}

describe("pages", () => {
  it("transcode writes pages in the reserved state as failed, and the report lists the change", async () => {
    const { bytes, changes } = await changesOf([region({ states: [C, RESERVED, C] })]);
    await requireConforming(bytes);
    const [found] = await opened(bytes, regionsOf, { strict: true });
    expect(found?.pages.map(({ state }) => state)).toEqual(["captured", "failed", "captured"]);
    expect(changes).toContainEqual(expect.objectContaining({ id: "mended", lint: "REG-STATE3" }));
  });

  it("transcode writes pages that lack bytes as failed, and the report has the bytes of the incomplete page", async () => {
    const { bytes, changes, report } = await changesOf([region({ states: [C, F, C, C], fill: 7, short: PAGE + 1000 })]);
    await requireConforming(bytes);
    const [found] = await opened(bytes, regionsOf, { strict: true });
    expect(found?.pages.map(({ state }) => state)).toEqual(["captured", "failed", "failed", "failed"]);
    const [lost] = changes.filter(({ id }) => id === "pages-failed");
    expect(lost).toMatchObject({ lint: "REG-SHORTDATA", bytes: "07".repeat(PAGE - 1000) });
    expect(report.complete).toBe(false);
  });

  it("keepNonConforming copies a region that lacks bytes, and reads by address return the bytes that are there", async () => {
    const { bytes, source, report } = await changesOf([region({ states: [C, C], fill: 7, short: 1000 })], {
      keepNonConforming: true,
    });
    expect(report.output.conforming).toBe(false);
    const read = (file: Uint8Array) =>
      opened(file, async ({ memory }) =>
        (await memory.read(0x1000n, 2 * PAGE)).segments.map(({ state, length }) => [state, length]),
      );
    expect(await read(bytes)).toEqual(await read(source));
    expect(await read(bytes)).toEqual([
      ["captured", 2 * PAGE - 1000],
      ["missing", 1000],
    ]);
  });

  it("transcode writes pages of MSL 0.1 whose page data does not decompress as failed, and none of the data", async () => {
    const plain = vectorV6();
    // The page data, 4,096 bytes, becomes shorter and begins like a zstd frame.
    const at = 64 + 80 + 40;
    const data = new Uint8Array(2048).fill(0xee);
    data.set([0x28, 0xb5, 0x2f, 0xfd]);
    const broken = concatenated(plain.slice(0, at), data, plain.slice(at + 4096));
    new DataView(broken.buffer).setUint32(64 + 8, 80 + 40 + data.length, true);
    const { bytes, report } = await transcoded(broken);
    await requireConforming(bytes);
    const [found] = await opened(bytes, regionsOf, { strict: true });
    expect(found?.pages.map(({ state }) => state)).toEqual(["failed", "failed"]);
    expect(report.blocks.flatMap(({ changes }) => changes)).toContainEqual(
      expect.objectContaining({ id: "pages-failed", lint: "CMP-SIZE" }),
    );
    expect(Buffer.from(bytes).includes(Buffer.from(data.subarray(8, 64)))).toBe(false);
  });

  it("transcode keeps all pages of a region of MSL 0.1", async () => {
    const { bytes } = await transcoded(vectorV6());
    await requireConforming(bytes);
    expect(await opened(bytes, regionsOf, { strict: true })).toEqual(await opened(vectorV6(), regionsOf));
  });
});

describe("identities and references", () => {
  it("transcode replaces UUIDs that are repeated or not of version 4", async () => {
    const bad = captureOf([region(), region({ base: 0x9000n, uuid: 1, fill: 2 })]);
    const { bytes, report } = await transcoded(bad);
    await requireConforming(bytes);
    const changes = report.blocks.flatMap(({ changes: of }) => of);
    expect(changes).toContainEqual(expect.objectContaining({ id: "uuid", lint: "UUID-DUP" }));
    bad[64 + 22] = 0;
    const again = await transcoded(bad);
    await requireConforming(again.bytes);
    expect(again.report.blocks.flatMap(({ changes: of }) => of)).toContainEqual(
      expect.objectContaining({ id: "uuid", lint: "UUID-VERSION" }),
    );
  });

  it("transcode keeps parents, also parents later in the file, and removes parents that form a loop", async () => {
    const { bytes, changes } = await changesOf([
      region({ parent: 2 }),
      region({ base: 0x9000n }),
      region({ base: 0xa000n, parent: 4 }),
      region({ base: 0xb000n, parent: 3 }),
      region({ base: 0xc000n, parent: 5 }),
    ]);
    await requireConforming(bytes);
    expect(changes.filter(({ lint }) => lint === "REF-CYCLE")).toHaveLength(2);
    const parents = await opened(bytes, async ({ blocks }) =>
      [...blocks].filter(({ type }) => type === 1).map(({ parentUuid }) => parentUuid.slice(-2)),
    );
    expect(parents[0]).toBe("02");
    expect(parents[1]).toBe("00");
  });

  it("the transcode report has each parent UUID that no block has", async () => {
    const { bytes, changes } = await changesOf([region({ parent: 99 })]);
    await requireConforming(bytes);
    expect(changes).toContainEqual(
      expect.objectContaining({ id: "parent", lint: "REF-DANGLING", message: expect.stringContaining(uuidText(99)) }),
    );
  });

  it("transcode moves a Key Hint behind its region", async () => {
    const hint = new Uint8Array(44);
    hint.set([6, 7].map(() => 0));
    hint.set(captureOf([region({ uuid: 9 })]).subarray(64 + 16, 64 + 32));
    const { bytes, source, changes } = await changesOf([{ type: 0x20, payload: hint }, region({ uuid: 9 })]);
    await requireConforming(bytes);
    expect(await opened(bytes, keysOf)).toEqual(await opened(source, keysOf));
    expect(changes).toContainEqual(expect.objectContaining({ id: "moved" }));
  });
});

describe("regions in several blocks", () => {
  const first = region({ flags: BlockFlag.HasChildren, states: [C, F] });
  const later = (base: bigint, fill: number): BlockSpec =>
    region({ flags: BlockFlag.Continuation, parent: 1, base, states: [C, C], fill });

  it("transcode keeps fragments of a region as fragments, and makes a region of a fragment that does not continue its parent", async () => {
    const { bytes, source, changes } = await changesOf([first, later(0x1800n, 2), later(0x9000n, 3)]);
    await requireConforming(bytes);
    expect(await opened(bytes, regionsOf, { strict: true })).toEqual(await opened(source, regionsOf));
    expect(changes).toContainEqual(expect.objectContaining({ id: "mended", lint: "REG-CONT" }));
  });

  it("transcode makes one block of a region whose later blocks have only the next bytes of its payload", async () => {
    const whole = regionPayload({ base: 0x1000n, states: [C, C, C], fill: 5 });
    const cut = whole.length - PAGE - 100;
    const { bytes, report } = await changesOf([
      { type: 1, flags: BlockFlag.HasChildren, payload: whole.slice(0, cut) },
      { type: 1, flags: BlockFlag.Continuation, parent: 1, payload: whole.slice(cut) },
    ]);
    await requireConforming(bytes);
    const [found] = await opened(bytes, regionsOf, { strict: true });
    expect(found?.pages.map(({ state }) => state)).toEqual(["captured", "captured", "captured"]);
    expect(report.leftOut).toEqual([expect.objectContaining({ index: 1, reason: "merged" })]);
    expect(report.complete).toBe(false);
  });
});

describe("a System Context that cannot be read", () => {
  it.each(["ms-investigation-full", "md-investigation-full"])(
    "transcode gives the system tables of %s a parent when System Context cannot be read",
    async (name) => {
      const bytes = fixtureBytes(name);
      const { offset } = await opened(bytes, async ({ blocks }) => [...blocks.ofType(0x50)][0] ?? { offset: 0 });
      bytes.fill(0xff, offset + 80 + 0x0d, offset + 80 + 0x1a);
      for (const keepNonConforming of [false, true]) {
        const { bytes: output, report } = await transcoded(bytes, { keepNonConforming });
        if (!keepNonConforming) await requireConforming(output);
        const orphans = await opened(output, async (capture) => {
          const found: string[] = [];
          for await (const { id } of (await capture.references()).deviations()) if (id.startsWith("REF")) found.push(id);
          return found;
        });
        expect(orphans).toEqual([]);
        expect(report.added.some(({ typeName }) => typeName === "SystemContext")).toBe(!keepNonConforming);
      }
    },
  );
});

describe("blocks behind End-of-Capture", () => {
  const end: BlockSpec = { type: 0xfff, payload: new Uint8Array(48) };

  it("transcode leaves out a region behind End-of-Capture, also with keepNonConforming", async () => {
    for (const keepNonConforming of [false, true]) {
      const { bytes, report } = await changesOf([region(), end, region({ base: 0x9000n }), { type: 0x777 }], {
        keepNonConforming,
      });
      expect(report.leftOut.map(({ index, reason }) => [index, reason])).toEqual(
        keepNonConforming
          ? [[2, "after-end"]]
          : [
              [2, "after-end"],
              [3, "after-end"],
            ],
      );
      expect(await opened(bytes, async (capture) => (await capture.regions()).map(({ baseAddr }) => baseAddr))).toEqual([
        0x1000n,
      ]);
    }
  });
});

describe("a Module List Index of 700 modules without Module Entries", () => {
  const COUNT = 700;
  const source = (announced: number) => {
    const payload = moduleListPayload(COUNT, 1000);
    new DataView(payload.buffer).setUint32(0, announced, true);
    return captureOf([
      { type: 0x40, payload: new Uint8Array(24) },
      { type: 0x10, payload },
    ]);
  };
  const linesOf = async (bytes: Uint8Array) =>
    opened(bytes, async (capture) =>
      (await capture.modules()).map(({ block, baseAddr, path }) => ({ moduleUuid: block?.uuid, baseAddr, path })),
    );
  const problemsOf = ({ blocks }: TranscodeReport) =>
    blocks.flatMap(({ changes }) => changes.flatMap(({ id, message }) => (id === "dropped" ? [message] : [])));
  const lines = Array.from({ length: COUNT }, (_, i) => ({
    moduleUuid: uuidText(1000 + i),
    baseAddr: BigInt(i) * 4096n,
    path: "/m",
  }));

  it("is in the output of transcode with all lines", async () => {
    const { bytes, report } = await transcoded(source(COUNT));
    expect(await linesOf(bytes)).toEqual(lines);
    expect(report.added).toHaveLength(COUNT);
    expect(problemsOf(report)).toEqual([]);
  });

  it("is in the output of transcode with its complete lines if it announces more", async () => {
    const { bytes, report } = await transcoded(source(1000));
    expect(await linesOf(bytes)).toEqual(lines);
    expect(problemsOf(report)).toEqual([expect.stringMatching(/; its 700 complete entries are in the output$/)]);
  });
});
