/** The options `select.kinds` and `select.withoutKinds` of `transcode`: blocks that depend on each other are selected together. */
import { describe, expect, it } from "vitest";
import type { BlockSelection, TranscodeOptions } from "../src/index.js";
import { captureOf, regionPayload } from "./build-capture.js";
import { fixtureBytes } from "./fixtures.js";
import { opened, requireAsReported, transcoded } from "./transcode-support.js";

const kindsIn = (bytes: Uint8Array) =>
  opened(bytes, async ({ blocks }) => [...new Set([...blocks].map(({ typeName }) => typeName))].sort(), { strict: true });

async function selected(name: string, select: BlockSelection, options: TranscodeOptions = {}) {
  const result = await transcoded(fixtureBytes(name), { ...options, select });
  await requireAsReported(result);
  return { ...result, kinds: await kindsIn(result.bytes) };
}

const FRAME = ["EndOfCapture", "ModuleListIndex", "ProcessIdentity"];

describe("select.kinds", () => {
  it("the output has the selected kinds and the required kinds, and the report lists the other blocks as not selected", async () => {
    const { kinds, report } = await selected("ms-basic-plain", { kinds: ["MemoryRegion"] });
    expect(kinds).toEqual([...FRAME, "MemoryRegion"].sort());
    expect(report.leftOut.length).toBeGreaterThan(0);
    expect(report.leftOut.every(({ reason }) => reason === "selection")).toBe(true);
    expect(report.complete).toBe(true);
    const index = report.blocks.find(({ source }) => source.typeName === "ModuleListIndex");
    expect(index?.changes).toContainEqual(
      expect.objectContaining({ id: "selection", message: expect.stringMatching(/^3 modules/) }),
    );
  });

  it("selecting Module Entries selects the Module List Index, and selecting the index selects the entries", async () => {
    for (const kind of ["ModuleEntry", "ModuleListIndex"] as const) {
      const { kinds, report } = await selected("ms-basic-plain", { kinds: [kind] });
      expect(kinds).toEqual([...FRAME, "ModuleEntry"].sort());
      expect(report.complete).toBe(true);
    }
  });

  it("selecting a system table selects System Context", async () => {
    const { kinds, report } = await selected("md-investigation-full", { kinds: ["ProcessTable"] });
    expect(kinds).toEqual([...FRAME, "ProcessTable", "SystemContext"].sort());
    expect(report.leftOut.every(({ reason }) => reason === "selection")).toBe(true);
  });

  it("selecting Key Hints selects the regions that the hints point into, and no other regions", async () => {
    const hint = new Uint8Array(44);
    const source = captureOf([
      { type: 1, payload: regionPayload({ base: 0x1000n, states: [0], fill: 1 }) },
      { type: 1, payload: regionPayload({ base: 0x9000n, states: [0], fill: 2 }) },
      { type: 0x20, payload: hint },
    ]);
    hint.set(source.subarray(64 + 16, 64 + 32));
    const block = source.length - 44;
    source.set(hint, block);
    const { bytes, report } = await transcoded(source, { select: { kinds: ["KeyHint"] } });
    const bases = await opened(bytes, async (capture) => (await capture.regions()).map(({ baseAddr }) => baseAddr));
    expect(bases).toEqual([0x1000n]);
    expect(await kindsIn(bytes)).toContain("KeyHint");
    expect(report.leftOut.map(({ index, reason }) => [index, reason])).toEqual([[1, "selection"]]);
  });

  it("select.kinds accepts the code of a type that the specification does not define", async () => {
    const name = "ms-investigation-full";
    const { report } = await transcoded(fixtureBytes(name), { select: { kinds: [0x56] }, keepNonConforming: true });
    expect(
      report.blocks.filter(({ changes }) => changes.some(({ id }) => id === "not-specified")).map(({ source }) => source.type),
    ).toEqual([0x56]);
  });
});

describe("select.withoutKinds", () => {
  it("the output lacks the kinds of withoutKinds, and has all other kinds", async () => {
    const all = await selected("md-investigation-full", {});
    const { kinds, report } = await selected("md-investigation-full", { withoutKinds: ["ProcessTable"] });
    expect(kinds).toEqual(all.kinds.filter((kind) => kind !== "ProcessTable"));
    expect(report.leftOut.filter(({ reason }) => reason === "selection").map(({ typeName }) => typeName)).toEqual([
      "ProcessTable",
    ]);
  });

  it("leaving out regions leaves out their Key Hints", async () => {
    const { kinds, report } = await selected("ms-keyhints-many", { withoutKinds: ["MemoryRegion"] });
    expect(kinds).not.toContain("KeyHint");
    expect(report.leftOut.every(({ reason }) => reason === "selection")).toBe(true);
  });

  it.each([
    ["ProcessIdentity", /ProcessIdentity cannot be left out/],
    ["ModuleListIndex", /leave out ModuleEntry/],
    ["SystemContext", /system tables belong to it/],
  ] as const)("withoutKinds refuses %s", async (kind, message) => {
    await expect(selected("ms-basic-plain", { withoutKinds: [kind] })).rejects.toThrow(message);
    await expect(selected("ms-basic-plain", { withoutKinds: [kind] })).rejects.toMatchObject({ code: "usage" });
  });

  it("withoutKinds accepts System Context together with all system tables", async () => {
    const tables = ["ProcessTable", "ConnectionTable", "HandleTable", "ConnectivityTable"] as const;
    const { kinds, report } = await selected("md-investigation-full", { withoutKinds: ["SystemContext", ...tables] });
    expect(kinds).not.toContain("SystemContext");
    expect(report.header).toContainEqual({
      id: "flags",
      field: "flags",
      message: "The header's flag Investigation is clear, and was set",
    });
  });
});

it("select.kinds refuses a name that is not a kind of block", async () => {
  await expect(selected("ms-basic-plain", { kinds: ["Memory" as never] })).rejects.toMatchObject({ code: "usage" });
});
