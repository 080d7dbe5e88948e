/** Blocks that a writer must not write: each is refused before a byte of it is written. */
import { describe, expect, it } from "vitest";
import type { AnyField } from "../src/format/layout/fields.js";
import { type MslWriter, openCapture, type PageMap } from "../src/index.js";
import { AnnouncedModules } from "../src/write/announced-modules.js";
import { BLOCK_KINDS } from "../src/write/block-kinds.js";
import { ModuleRows } from "../src/write/module-rows.js";
import { redactableNames, redacted } from "../src/write/table-payload.js";
import {
  begin,
  CONTEXT,
  HEADER,
  HINT,
  IDENTITY,
  lead,
  MODULE,
  PAGE,
  PROCESS,
  RELATED,
  region,
  written,
} from "./write-support.js";

const FIRST = "cccccccc-0000-4000-8000-000000000001";
const SECOND = "cccccccc-0000-4000-8000-000000000002";
const BASE = 0x10_0000n;

/** A value of a wrong type, as a JavaScript program may pass it. */
const loose = (value: unknown) => value as never;

async function refused(work: Promise<unknown>, code: string, message: RegExp | string): Promise<void> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: "MslError", code });
  expect((error as Error).message).toMatch(message);
}

describe("a BlockUUID", () => {
  it("a writer refuses a BlockUUID that an earlier block has", async () => {
    const { writer } = begin({ contents: ["MemoryRegion", "RelatedDump"] });
    await lead(writer);
    const { uuid } = await writer.relatedDump(RELATED);
    await refused(writer.memoryRegion(region(1), { uuid: uuid.toUpperCase() }), "plan", "an earlier block has it already");
  });

  it("a writer refuses a BlockUUID that `uuid()` returns a second time", async () => {
    const { writer } = begin({ contents: [], uuid: () => FIRST });
    await writer.processIdentity(IDENTITY);
    await refused(
      writer.moduleListIndex({ entries: [] }),
      "plan",
      `Block 1 has the UUID ${FIRST}, but an earlier block has it already`,
    );
  });

  it("a writer refuses the BlockUUID of another block for End-of-Capture", async () => {
    const { writer } = begin({ contents: ["RelatedDump"] });
    await lead(writer);
    const { uuid } = await writer.relatedDump(RELATED);
    await refused(writer.end({ uuid }), "plan", "Block 3 has the UUID");
    await writer.end();
  });

  it("a writer refuses a BlockUUID that the index announces for a module, and a module with the UUID of a block", async () => {
    const { writer } = begin({ contents: ["ModuleEntry", "RelatedDump"] });
    const { uuid } = await writer.processIdentity(IDENTITY);
    const entries = [{ ...MODULE, moduleUuid: uuid }];
    await refused(writer.moduleListIndex({ entries }), "plan", `announces a module as ${uuid}, but another block has this UUID`);
    const own = writer.moduleListIndex({ entries: [{ ...MODULE, moduleUuid: FIRST }] }, { uuid: FIRST });
    await refused(own, "plan", `announces a module as ${FIRST}, but another block has this UUID`);
    await writer.moduleListIndex({ entries: [{ ...MODULE, moduleUuid: FIRST }] });
    await refused(writer.relatedDump(RELATED, { uuid: FIRST }), "plan", "which the ModuleListIndex announces for a module");
  });
});

describe("parents", () => {
  it("a writer refuses parents that form a loop of any length", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    const uuids = [0, 1, 2, 3].map((i) => `cccccccc-0000-4000-8000-00000000001${i}`);
    const at = (i: number) => region(1, BASE + BigInt(i * PAGE));
    for (let i = 0; i < 3; i++) await writer.memoryRegion(at(i), { uuid: uuids[i], parentUuid: uuids[i + 1], hasChildren: true });
    const closing = writer.memoryRegion(at(3), { uuid: uuids[3], parentUuid: uuids[0], hasChildren: true });
    await refused(closing, "plan", "whose own parents lead back to it");
    await writer.memoryRegion(at(3), { uuid: uuids[3], hasChildren: true });
    await writer.memoryRegion(at(4), { parentUuid: uuids[0] });
    await writer.end();
  });
});

describe("a fragment", () => {
  const start = async () => {
    const { sink, writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    return { sink, writer };
  };
  const first = (writer: MslWriter) => writer.memoryRegion(region(2), { uuid: FIRST, hasChildren: true });
  const END = BASE + BigInt(2 * PAGE);

  it.each(["protection", "regionType"] as const)(
    "a writer refuses a fragment whose %s differs from its region's",
    async (field) => {
      const { writer } = await start();
      await first(writer);
      const other = { ...region(1, END), [field]: 5 };
      await refused(writer.memoryRegion(other, { continuationOf: FIRST }), "plan", `its ${field} is 5`);
    },
  );

  it("a writer refuses a fragment whose page size differs from its region's", async () => {
    const { writer } = await start();
    await first(writer);
    const other = { ...region(4, 0x20_0000n), pageSizeLog2: 12 };
    await refused(writer.memoryRegion(other, { continuationOf: FIRST }), "plan", "its pageSizeLog2 is 12");
  });

  it("a writer refuses a fragment whose addresses the region covers already", async () => {
    const { writer } = await start();
    await first(writer);
    await refused(
      writer.memoryRegion(region(1, BASE + BigInt(PAGE)), { continuationOf: FIRST }),
      "plan",
      "begins before the end of what",
    );
    await refused(
      writer.memoryRegion(region(1, BASE - BigInt(PAGE)), { continuationOf: FIRST }),
      "plan",
      "begins before the end of what",
    );
    await writer.memoryRegion(region(1, END + BigInt(PAGE)), { continuationOf: FIRST });
    await refused(
      writer.memoryRegion(region(1, END + BigInt(PAGE)), { continuationOf: FIRST }),
      "plan",
      "begins before the end of what",
    );
  });

  it("a writer refuses to end a capture with a gap between fragments until the gap is filled", async () => {
    const { sink, writer } = await start();
    await first(writer);
    await writer.memoryRegion(region(1, END + BigInt(PAGE)), { continuationOf: FIRST });
    await refused(
      writer.end(),
      "plan",
      `has a fragment at 0x${(END + BigInt(PAGE)).toString(16)}, but nothing covers the addresses from 0x${END.toString(16)} on`,
    );
    await writer.memoryRegion(region(1, END), { continuationOf: FIRST });
    await writer.end();
    const [joined, ...others] = await (await openCapture(sink.bytes(), { strict: true })).regions();
    expect(others).toEqual([]);
    expect(joined).toMatchObject({ baseAddr: BASE, endAddr: END + BigInt(2 * PAGE) });
  });

  it("a writer accepts a later fragment before the first one, which must then fit it", async () => {
    const { sink, writer } = await start();
    await writer.memoryRegion(region(1, END), { continuationOf: FIRST });
    await refused(writer.memoryRegion(region(3), { uuid: FIRST, hasChildren: true }), "plan", "begins before the end of what");
    const executable = { ...region(2), protection: 5 };
    await refused(writer.memoryRegion(executable, { uuid: FIRST, hasChildren: true }), "plan", "its protection is 5");
    await refused(writer.end(), "plan", "its first fragment is missing");
    await first(writer);
    await writer.end();
    expect(await (await openCapture(sink.bytes(), { strict: true })).regions()).toHaveLength(1);
  });

  it("a writer refuses a fragment that continues a block which is not a first fragment", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await writer.processIdentity(IDENTITY, { uuid: SECOND, hasChildren: true });
    await writer.moduleListIndex({ entries: [] });
    await refused(writer.memoryRegion(region(1), { continuationOf: SECOND }), "plan", "is not the first fragment of a region");
    await first(writer);
    const third = "cccccccc-0000-4000-8000-000000000003";
    await writer.memoryRegion(region(1, END), { uuid: third, continuationOf: FIRST, hasChildren: true });
    const ofFragment = writer.memoryRegion(region(1, END + BigInt(PAGE)), { continuationOf: third });
    await refused(ofFragment, "plan", "is not the first fragment of a region");
  });

  it("a writer refuses all fragments of a continuation if one of them would overlap", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"], splitAbove: 32 + 8 + PAGE });
    await lead(writer);
    await writer.memoryRegion(region(1), { uuid: FIRST, hasChildren: true });
    await writer.memoryRegion(region(1, END), { continuationOf: FIRST });
    const blocks = writer.blocks;
    await refused(
      writer.memoryRegion(region(3, BASE + BigInt(PAGE)), { continuationOf: FIRST }),
      "plan",
      "begins before the end of what",
    );
    expect(writer.blocks).toBe(blocks);
    await writer.memoryRegion(region(1, BASE + BigInt(PAGE)), { continuationOf: FIRST });
    await writer.end();
  });
});

describe("a Module Entry", () => {
  const start = async () => {
    const { sink, writer } = begin({ contents: ["ModuleEntry"] });
    await writer.processIdentity(IDENTITY);
    await writer.moduleListIndex({ entries: [{ ...MODULE, moduleUuid: FIRST }] });
    return { sink, writer };
  };

  it.each([{ baseAddr: 5n }, { moduleSize: 9n }, { path: "/other" }])(
    "a writer refuses a Module Entry that contradicts the index: %o",
    async (other) => {
      const { writer } = await start();
      await refused(
        writer.moduleEntry({ ...MODULE, ...other }, { uuid: FIRST }),
        "plan",
        "but under its UUID the ModuleListIndex announces /bin/ls at 0x400000",
      );
      await writer.moduleEntry(MODULE, { uuid: FIRST });
      await writer.end();
    },
  );

  it.each([null, undefined, ""])(
    "a writer finds the announcement of a module whose path is empty, if either says %o",
    async (none) => {
      for (const [listed, path] of [
        [none, ""],
        ["", none],
      ]) {
        const { bytes } = await written({ contents: ["ModuleEntry"] }, async (writer) => {
          await writer.processIdentity(IDENTITY);
          await writer.moduleListIndex({ entries: [loose({ ...MODULE, moduleUuid: FIRST, path: listed })] });
          const entry = loose({ ...MODULE, path });
          await refused(
            writer.moduleEntry({ ...MODULE, path: "/other" }, { uuid: FIRST }),
            "plan",
            "announces (no path) at 0x400000",
          );
          await writer.moduleEntry(entry);
        });
        const [module] = await (await openCapture(bytes)).modules();
        expect(module?.entry?.path).toBe("");
      }
    },
  );

  it("a writer writes a Module Entry with the values that were compared with the index", async () => {
    const { sink, writer } = await start();
    let reads = 0;
    const changing = {
      ...MODULE,
      get baseAddr() {
        return reads++ > 0 ? 77n : MODULE.baseAddr;
      },
    };
    await writer.moduleEntry(changing);
    await writer.end();
    const [module] = await (await openCapture(sink.bytes())).modules();
    expect(module?.entry?.baseAddr).toBe(MODULE.baseAddr);
  });

  it.each([
    ["other", 3000],
    ["alike", 1],
  ])("a writer finds the announcement of a Module Entry in few steps among %s announcements, in any order", (_, kinds) => {
    const count = 3000;
    let looks = 0;
    const announced = new AnnouncedModules();
    class CountedRows extends ModuleRows {
      override at(row: number) {
        looks++;
        return super.at(row);
      }
      override says(row: number, facts: Parameters<ModuleRows["says"]>[1]) {
        looks++;
        return super.says(row, facts);
      }
      override uuid(row: number) {
        looks++;
        return super.uuid(row);
      }
    }
    const rows = new CountedRows();
    for (let i = 0; i < count; i++) {
      const moduleUuid = `dddddddd-0000-4000-8000-${String(i).padStart(12, "0")}`;
      rows.add({ moduleUuid, baseAddr: BigInt(i % kinds), moduleSize: 1n, path: "/lib" });
    }
    announced.announce(rows);
    for (let i = count - 1; i >= 0; i--) {
      const facts = { baseAddr: BigInt(i % kinds), moduleSize: 1n, path: "/lib" };
      const uuid = announced.uuidFor(facts, 2);
      announced.requireAnnounced(uuid, 2, facts);
      announced.noteWritten(uuid);
    }
    expect([...announced.missing()]).toEqual([]);
    expect(looks).toBeLessThan(10 * count);
  });
});

describe("a row given as bytes", () => {
  const text = (bytes: readonly number[]) => [bytes.length, 0, ...bytes];
  const mib = (name: readonly number[], ...more: readonly number[]) =>
    Uint8Array.from([...text(name), ...text([99]), ...new Array(8).fill(0), ...more]);
  const write = async (raw: Uint8Array) =>
    written({ header: { ...HEADER, investigation: true }, contents: ["ConnectivityTable"] }, async (writer) => {
      await lead(writer);
      await writer.systemContext(CONTEXT);
      await writer.connectivityTable({ rows: [{ rowType: 7, raw }] });
    });

  it.each([
    ["ill-formed UTF-8", [0xff, 0xfe]],
    ["a NUL inside", [97, 0, 98]],
    ["a NUL at the end", [97, 98, 0]],
  ])("a writer refuses a row given as bytes with %s in a text", async (_, name) => {
    await refused(write(mib(name)), "bad-value", /ConnectivityTable\.rows\[0\]\.raw is no MibCounter/);
  });

  it("a writer keeps bytes behind the known fields of a row given as bytes", async () => {
    const { reader } = await write(mib([97], 1, 2, 3));
    expect(reader.at(3).decode().problem).toBeUndefined();
  });
});

describe("a value of the wrong type", () => {
  const wrong = [null, undefined, 5, "text", true, 1n];

  it.each(wrong.map((value) => ({ value })))(
    "a writer refuses a value of the wrong type, and names the path of its field: $value",
    async ({ value }) => {
      const contents = ["ModuleEntry", "MemoryRegion", "KeyHint", "RelatedDump", "ProcessTable", "ConnectivityTable"] as const;
      const { writer } = begin({ header: { ...HEADER, investigation: true }, contents });
      await refused(writer.processIdentity(loose(value)), "bad-value", /^ProcessIdentity is .*, expected an object/);
      await writer.processIdentity(IDENTITY);
      await refused(writer.moduleListIndex(loose(value)), "bad-value", /^ModuleListIndex is .*, expected an object/);
      await refused(
        writer.moduleListIndex(loose({ entries: value })),
        "bad-value",
        /^ModuleListIndex\.entries is .*, expected a list/,
      );
      await refused(
        writer.moduleListIndex(loose({ entries: [MODULE, value] })),
        "bad-value",
        /^ModuleListIndex\.entries\[1\] is .*, expected an object/,
      );
      await writer.moduleListIndex({ entries: [{ ...MODULE, moduleUuid: FIRST }] });
      await refused(writer.systemContext(loose(value)), "bad-value", /^SystemContext is .*, expected an object/);
      await writer.systemContext(CONTEXT);
      await refused(writer.processTable(loose(value)), "bad-value", /ProcessTable is .*, expected an object/);
      await refused(writer.processTable(loose({ entries: value })), "bad-value", /ProcessTable\.entries is .*, expected a list/);
      await refused(
        writer.processTable(loose({ entries: [PROCESS, value] })),
        "bad-value",
        /ProcessTable\.entries\[1\] is .*, expected an object/,
      );
      await refused(
        writer.connectivityTable(loose({ rows: value })),
        "bad-value",
        /ConnectivityTable\.rows is .*, expected a list/,
      );
      await refused(
        writer.connectivityTable(loose({ rows: [value] })),
        "bad-value",
        /ConnectivityTable\.rows\[0\] is .*, expected an object/,
      );
      await refused(writer.moduleEntry(loose(value)), "bad-value", /^ModuleEntry is .*, expected an object/);
      await refused(writer.relatedDump(loose(value)), "bad-value", /^RelatedDump is .*, expected an object/);
      await refused(writer.keyHint(loose(value)), "bad-value", /^KeyHint is .*, expected an object/);
      await refused(
        writer.keyHint(loose({ ...HINT, regionUuid: value, regionOffset: 0n })),
        "bad-value",
        /^KeyHint\.regionUuid is /,
      );
      await refused(writer.memoryRegion(loose(value)), "bad-value", /^MemoryRegion is .*, expected an object/);
      if (value !== undefined) {
        await refused(
          writer.memoryRegion({ ...region(1), pages: loose(value) }),
          "bad-value",
          /^MemoryRegion\.pages is .*, expected page states/,
        );
        await refused(
          writer.memoryRegion({ ...region(1), pageData: loose(value) }),
          "bad-value",
          /^MemoryRegion\.pageData is .*, expected a Uint8Array/,
        );
      }
      await refused(
        writer.memoryRegion({ ...region(1), pageData: [loose(value)] }),
        "bad-value",
        /^MemoryRegion\.pageData\[0\] is .*, expected a Uint8Array/,
      );
      await refused(writer.write(loose(value)), "usage", /^write does not write a payload without kind/);
      await writer.close();
    },
  );

  it("a writer refuses page states that lack their methods", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    const pages = { numPages: 1 } as unknown as PageMap;
    await refused(
      writer.memoryRegion({ ...region(1), pages }),
      "bad-value",
      /^MemoryRegion\.pages is an object, expected page states/,
    );
  });
});

describe("redaction", () => {
  it.each([
    ["nativeBlob", Uint8Array.from({ length: 19 }, (_, i) => 0xa0 + i)],
    ["diskHash", Uint8Array.from({ length: 32 }, (_, i) => 0xc0 + i)],
  ] as const)("a writer leaves no byte of a redacted %s in the capture", async (field, content) => {
    const capture = async (redact: { readonly ModuleEntry?: readonly string[] }) => {
      const { sink, writer } = begin({ contents: ["ModuleEntry"], redact });
      await writer.processIdentity(IDENTITY);
      await writer.moduleListIndex({ entries: [MODULE] });
      await writer.moduleEntry({ ...MODULE, [field]: content });
      await writer.end();
      return Buffer.from(sink.bytes());
    };
    const [open, closed] = [await capture({}), await capture({ ModuleEntry: [field] })];
    expect([open.includes(Buffer.from(content)), closed.includes(Buffer.from(content))]).toEqual([true, false]);
    const module = (await (await openCapture(closed)).modules())[0]?.entry;
    expect(module?.[field].every((byte) => byte === 0)).toBe(true);
    if (field === "nativeBlob") expect(module?.nativeBlob).toHaveLength(0);
  });

  it.each(Object.entries(BLOCK_KINDS))("a writer redacts every named text, blob and digest of %s", (_, { layout }) => {
    const names = new Set(redactableNames(layout.fields));
    const full = (fields: readonly AnyField[]): Record<string, unknown> =>
      Object.fromEntries(
        fields.flatMap((field): [string, unknown][] => {
          if (field.kind === "optional") return Object.entries(full(field.fields));
          if (field.kind === "entries") return [[field.name, [full(field.layout.fields)]]];
          return [[field.name, `content of ${field.name}`]];
        }),
      );
    const hidden = (fields: readonly AnyField[]): readonly string[] =>
      fields.flatMap((field) => {
        if (field.kind === "optional") return hidden(field.fields);
        if (field.kind === "entries") return hidden(field.layout.fields);
        return field.kind === "text" || field.kind === "blob" || (field.kind === "bytes" && field.absent) ? [field.name] : [];
      });
    expect([...names].sort()).toEqual([...new Set(hidden(layout.fields))].sort());
    for (const name of names) {
      const kept = JSON.stringify(redacted(layout, full(layout.fields), [name]));
      expect(kept).not.toContain(`"content of ${name}"`);
    }
  });
});
