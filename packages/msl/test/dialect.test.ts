import { describe, expect, it } from "vitest";
import { MslSliceReader, openCapture } from "../src/index.js";
import { captureOf, regionPayload } from "./build-capture.js";
import { fixtureBytes, fixturePath } from "./fixtures.js";
import { vectorV1, vectorV6 } from "./vectors.js";

const dialectOf = (bytes: Uint8Array) => new MslSliceReader(bytes).dialect;

describe("dialects", () => {
  it.each([
    ["ms-hash-sha256", "D8"],
    ["ms-investigation-full", "D7"],
    ["ms-basic-plain", "D6-D8"],
    ["md-live-modules", "D12"],
    ["lm-basic", "D5"],
    ["lm-noeoc-v11", "D14"],
  ])("%s is labelled %s, from memory and from a file", async (name, id) => {
    expect(dialectOf(fixtureBytes(name)).id).toBe(id);
    const capture = await openCapture(fixturePath(name));
    expect(capture.dialect.id).toBe(id);
    await capture.close();
  });

  it("an enriched capture is told from the one that was enriched", () => {
    expect(dialectOf(fixtureBytes("ms-enriched"))).toMatchObject({ id: "D7", enriched: true });
    expect(dialectOf(fixtureBytes("ms-investigation-full")).enriched).toBe(false);
  });

  it("vectors of the specification and of MSL 0.1", () => {
    expect(dialectOf(vectorV1(0)).id).toBe("D1");
    expect(dialectOf(vectorV1(1)).id).toBe("D1");
    expect(dialectOf(vectorV6()).id).toBe("D5");
    const edited = vectorV6();
    edited[0x0b] = 1;
    expect(dialectOf(edited).id).toBe("D14");
  });

  it("MemDiver's generations differ in BlockCount and CapBitmap", () => {
    const zeroed = fixtureBytes("md-noeoc");
    zeroed.set([0, 0, 0, 0], 0x39);
    expect(dialectOf(zeroed).id).toBe("D11");
    zeroed.fill(0, 0x10, 0x18);
    expect(dialectOf(zeroed).id).toBe("D10");
  });

  it("all PrevHashes zero is a test fixture, a wrong first one nobody's", () => {
    expect(
      dialectOf(
        captureOf([
          { type: 0x40, payload: new Uint8Array(24) },
          { type: 0x10, payload: new Uint8Array(8) },
        ]),
      ).id,
    ).toBe("D13");
    const bytes = vectorV1(0);
    bytes[64 + 50] = (bytes[64 + 50] ?? 0) ^ 1;
    expect(dialectOf(bytes).id).toBe("unknown");
  });

  it("drafts of 1.0 are told by their flags", () => {
    const draft = (flags: number) => {
      const bytes = captureOf([{ type: 1, flags, payload: regionPayload({ base: 0n, states: [0], fill: 1 }) }]);
      bytes.set([0, 1], 0x0a);
      return dialectOf(bytes).id;
    };
    expect(draft(0)).toBe("D2");
    expect(draft(0x40)).toBe("D3");
    expect(draft(0x20)).toBe("D3");
  });

  it("the region layout of the draft of 2026-03-14", () => {
    const payload = regionPayload({ base: 0n, states: [0, 1], fill: 1 });
    // Page size 1,024 in two bytes, and the map's length in bytes.
    payload.set([0x00, 0x04, 8, 0, 0, 0], 0x12);
    const bytes = captureOf([{ type: 1, version: 0, payload }]);
    bytes.set([0, 1], 0x0a);
    const reader = new MslSliceReader(bytes);
    expect(reader.dialect.id).toBe("D4");
    expect(reader.at(0).decode().payload).toMatchObject({ layout: "draft 2026-03-14", pageSize: 1024, numPages: 2 });
  });
});
