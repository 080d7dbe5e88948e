/** The sink of a writer: pieces, failures, flushing, and what is gathered before it is passed on. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { type BytesSink, fileSink, MslWriter, type Sink } from "../src/index.js";
import { GatheringSink } from "../src/write/gathering-sink.js";
import { IDENTITY, lead, optionsFor, region, requireConforming } from "./write-support.js";

describe("the sink of a writer", () => {
  it("a writer passes every complete block to the sink, and then flushes the sink", async () => {
    const events: string[] = [];
    const sink: Sink = {
      write: ({ length }) => void events.push(String(length)),
      flush: () => void events.push("flush"),
      close: () => void events.push("close"),
    };
    const writer = new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], flush: "block" }));
    expect(events).toEqual([]);
    await writer.processIdentity(IDENTITY);
    expect(events).toEqual([String(64 + 80 + 24 + 8 + 8), "flush"]);
    await writer.moduleListIndex({ entries: [] });
    await writer.memoryRegion(region(600));
    await writer.end();
    expect(events.slice(2)).toEqual([
      "88",
      "flush",
      "262144",
      "262144",
      String(80 + 32 + 152 + 600 * 1024 - 2 * 262_144),
      "flush",
      "128",
      "flush",
      "close",
    ]);
  });

  it("a writer passes the last bytes of a block to the sink only after it has checked the whole block", async () => {
    const handed: number[] = [];
    const gathering = new GatheringSink({ write: ({ length }) => void handed.push(length) }, "gathered");
    await gathering.write(new Uint8Array(256 * 1024));
    expect(handed).toEqual([]);
    await gathering.write(new Uint8Array(1));
    expect(handed).toEqual([256 * 1024]);
    await gathering.flush();
    expect(handed).toEqual([256 * 1024, 1]);
  });

  it("a writer prepares one piece while the sink writes the piece before, and never lets two writes overlap", async () => {
    const data = region(2000).pageData;
    let read = 0;
    const pages = (function* () {
      for (; read < data.length; read += 1024) yield data.subarray(read, read + 1024);
    })();
    const parts: Uint8Array[] = [];
    let writing = 0;
    const ahead: number[] = [];
    const sink: Sink = {
      write: async (bytes) => {
        expect(++writing).toBe(1);
        parts.push(bytes.slice());
        const before = read;
        // Until the writer reads no further: on a busy machine it may take longer than any fixed time.
        for (let seen = -1; seen !== read; ) {
          seen = read;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        ahead.push(read - before);
        writing--;
      },
      flush: () => expect(writing).toBe(0),
      close: () => expect(writing).toBe(0),
    };
    const writer = new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"] }));
    await lead(writer);
    await writer.memoryRegion({ ...region(2000), pageData: pages });
    await writer.end();
    expect(Math.max(...ahead)).toBeGreaterThan(255 * 1024);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(257 * 1024);
    await requireConforming(Buffer.concat(parts));
  });

  it("a writer rejects the region during which a write of the sink fails, once no write is under way", async () => {
    for (const failing of [3, 5, 10]) {
      const { pageData } = region(2000);
      let writes = 0;
      let writing = 0;
      const sink: Sink = {
        write: async () => {
          writing++;
          const isLast = ++writes === failing;
          await new Promise((resolve) => setTimeout(resolve, 1));
          writing--;
          if (isLast) throw new Error("no space left");
        },
      };
      const writer = new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], flush: "block" }));
      await lead(writer);
      await expect(writer.memoryRegion({ ...region(2000), pageData })).rejects.toMatchObject({ code: "sink" });
      expect([writes, writing]).toEqual([failing, 0]);
      await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
    }
  });

  it("a writer lets the sink end its write before it is closed, when page data is short or the writer is closed", async () => {
    for (const how of ["short", "closed"]) {
      let writing = 0;
      const sink: Sink = {
        write: async () => {
          writing++;
          await new Promise((resolve) => setTimeout(resolve, 5));
          writing--;
        },
        close: () => expect(writing).toBe(0),
      };
      const writer = new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"] }));
      await lead(writer);
      const pages = (async function* () {
        yield region(700).pageData;
        if (how === "closed") await new Promise((resolve) => setTimeout(resolve, 3));
        yield region(how === "short" ? 1 : 900).pageData;
      })();
      const writes = writer.memoryRegion({ ...region(1600), pageData: pages });
      writes.catch(() => {});
      if (how === "closed") await new Promise((resolve) => setTimeout(resolve, 2));
      else await expect(writes).rejects.toMatchObject({ code: "bad-value" });
      if (how === "short") expect(writing).toBe(0);
      await writer.close();
      await expect(writes).rejects.toMatchObject({ code: how === "short" ? "bad-value" : "closed" });
    }
  });

  it("a writer refuses all calls after the sink has thrown", async () => {
    let left = 2;
    const sink: Sink = {
      write: () => {
        if (left-- === 0) throw new Error("no space left");
      },
    };
    const writer = new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], flush: "block" }));
    await lead(writer);
    await expect(writer.memoryRegion(region(1))).rejects.toMatchObject({
      code: "sink",
      message: "The sink failed: no space left",
    });
    await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
  });

  it("a writer accepts a WritableStream as sink", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const parts: Uint8Array[] = [];
    const reading = (async () => {
      for await (const part of readable) parts.push(part);
    })();
    const writer = new MslWriter(writable, optionsFor({ contents: ["MemoryRegion"] }));
    await lead(writer);
    // The source of the page data writes each piece to the same buffer.
    const buffer = new Uint8Array(1024);
    const pages = (function* () {
      for (let page = 0; page < 3; page++) yield buffer.fill(page);
    })();
    await writer.memoryRegion({ ...region(3), pageData: pages });
    await writer.end();
    await reading;
    await requireConforming(Buffer.concat(parts));
  });

  it("a writer refuses a value that is not a sink", () => {
    expect(() => new MslWriter({} as BytesSink, optionsFor({}))).toThrow("expected a Sink (write, flush, close)");
  });

  it.each([1, 3, 4, 7, 100])(
    "a file gets several arrays in their order, also if a call of the system writes only %i bytes",
    async (most) => {
      const folder = mkdtempSync(join(tmpdir(), "msl-writev-"));
      const handle = await open(join(folder, "other"), "w");
      const calls = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, "writev").mockImplementation(async function (
        this: FileHandle,
        parts,
      ) {
        const bytes = Buffer.concat(parts as Uint8Array[]).subarray(0, most);
        return { bytesWritten: (await this.write(bytes)).bytesWritten, buffers: parts } as never;
      });
      try {
        const sink = await fileSink(join(folder, "out"), { sync: "never" });
        const parts = [[1, 2, 3], [], [4], [5, 6, 7, 8, 9, 10, 11], []].map((bytes) => Uint8Array.from(bytes));
        await sink.writev?.(parts);
        await sink.writev?.([]);
        await sink.close?.();
        expect([...readFileSync(join(folder, "out"))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        expect(calls).toHaveBeenCalledTimes(Math.ceil(11 / most));
        expect(parts.map(({ length }) => length)).toEqual([3, 0, 1, 7, 0]);
      } finally {
        calls.mockRestore();
        await handle.close();
        rmSync(folder, { recursive: true });
      }
    },
  );
});
