import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { createContext, runInContext } from "node:vm";
import { decodeLz4Block, decodeLz4Frame, decodeZstd } from "@memslice/core-wasm";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  BytesSink,
  type CaptureInput,
  type CaptureOptions,
  type ChunkInput,
  MslReader,
  MslSliceReader,
  openCapture,
  type PlannedBlock,
  type SinkInput,
  verifyCapture,
  verifyStream,
  writeCapture,
} from "../src/index.js";
import { expectation, fixtureBytes, fixturePath } from "./fixtures.js";
import { vectorV1 } from "./vectors.js";

const folder = mkdtempSync(join(tmpdir(), "msl-inputs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NAME = "ms-basic-plain";
const { verdict } = expectation(NAME).integrity;
const context = createContext({ numbers: [...fixtureBytes(NAME)] });
const foreign = (code: string) => runInContext(code, context);
const as = <T>(value: unknown) => value as T;

/** The error of a refused value: its message says what to pass. */
const refusal = (words: RegExp) => ({ name: "MslError", code: "usage", message: expect.stringMatching(words) });

describe("openCapture", () => {
  it.each([
    ["a Node stream", () => createReadStream(fixturePath(NAME)), /passes by once: read it by MslReader.from or verifyStream/],
    ["a web stream", () => new Blob([]).stream(), /passes by once/],
    ["nothing", () => undefined, /from undefined, expected a path, a URL, a Uint8Array/],
    ["null", () => null, /from null/],
    ["a number", () => 7, /from the number 7/],
    ["numbers", () => new Array(1_000_000).fill(0), /^.{0,60}an array of 1000000 entries.{0,200}$/],
    ["a view of floats", () => new Float64Array(1e6), /pass new Uint8Array\(view\.buffer/],
    [
      "a Source without an end",
      () => ({ size: Number.POSITIVE_INFINITY, read: async () => new Uint8Array(0) }),
      /size of Infinity/,
    ],
  ])("openCapture and verifyCapture refuse %s, and say what to pass", async (_, input, words) => {
    const given = as<CaptureInput>(input());
    await expect(openCapture(given)).rejects.toMatchObject(refusal(words));
    await expect(verifyCapture(given)).rejects.toMatchObject(refusal(words));
  });

  it.each(["Uint8Array.from(numbers)", "Uint8Array.from(numbers).buffer"])(
    "openCapture and verifyCapture accept bytes of another realm: %s",
    async (code) => {
      const bytes = as<Uint8Array>(foreign(code));
      expect(bytes).not.toBeInstanceOf(Uint8Array);
      expect((await verifyCapture(bytes)).verdict).toBe(verdict);
      const capture = await openCapture(bytes);
      expect((await capture.verify()).verdict).toBe(verdict);
    },
  );
});

describe("a runtime without TextEncoder", () => {
  it.each(["../src/index.js", "../src/read.js", "../src/verify.js"])(
    "%s is not loaded, with a sentence that says what to do",
    async (entry) => {
      vi.resetModules();
      vi.stubGlobal("TextEncoder", undefined);
      try {
        const refused = {
          code: "unsupported-runtime",
          message: expect.stringMatching(/no TextEncoder.* \/\*\* @jest-environment node \*\/$/),
        };
        await expect(import(entry)).rejects.toMatchObject(refused);
      } finally {
        vi.unstubAllGlobals();
        vi.resetModules();
      }
    },
  );
});

describe("MslSliceReader", () => {
  it("a second loop over an iterator of MslSliceReader goes on behind the block at which the first one broke off", () => {
    const reader = new MslSliceReader(fixtureBytes(NAME));
    const blocks = reader[Symbol.iterator]();
    const taken = [];
    for (const { index } of blocks) {
      taken.push(index);
      if (index === 4) break;
    }
    for (const { index } of blocks) taken.push(index);
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect([...reader]).toHaveLength(11);
  });

  it("MslSliceReader accepts bytes of another realm, and refuses values that are not bytes", () => {
    expect(new MslSliceReader(as<Uint8Array>(foreign("Uint8Array.from(numbers)"))).length).toBe(11);
    for (const value of [undefined, fixturePath(NAME), new ArrayBuffer(64), [1, 2]]) {
      expect(() => new MslSliceReader(as<Uint8Array>(value))).toThrow(/expected a Uint8Array; openCapture takes paths/);
    }
  });
});

/** What happy-dom makes of a Blob: the methods of one, and no tag. */
function happyBlob(bytes: Uint8Array): object {
  const blob = new Blob([new Uint8Array(bytes)]);
  return {
    size: blob.size,
    slice: (start: number, end: number) => happyBlob(bytes.slice(start, end)),
    arrayBuffer: () => blob.arrayBuffer(),
    stream: () => blob.stream(),
  };
}

describe("a stream to verify or to read", () => {
  it.each([
    ["a Buffer", () => Buffer.from(fixtureBytes(NAME))],
    ["an ArrayBuffer", () => fixtureBytes(NAME).buffer],
    ["a Blob", () => new Blob([new Uint8Array(fixtureBytes(NAME))])],
    ["a Blob of happy-dom, which has no tag", () => happyBlob(fixtureBytes(NAME))],
    ["chunks of another realm", () => [foreign("Uint8Array.from(numbers)")]],
  ])("verifyStream and MslReader accept %s as a stream", async (_, input) => {
    expect((await verifyStream(as<ChunkInput>(input()))).verdict).toBe(verdict);
    let blocks = 0;
    for await (const _block of MslReader.from(as<ChunkInput>(input()))) blocks++;
    expect(blocks).toBe(11);
  });

  it.each([
    ["a path", fixturePath(NAME), /from a text, .*paths and URLs go to openCapture or verifyCapture/],
    ["nothing", undefined, /from undefined/],
    ["a number", 3, /from the number 3/],
    ["a plain object", {}, /from a value of type Object/],
  ])("verifyStream and MslReader refuse %s", async (_, input, words) => {
    await expect(verifyStream(as<ChunkInput>(input))).rejects.toMatchObject(refusal(words));
    expect(() => MslReader.from(as<ChunkInput>(input))).toThrow(words);
  });

  it("a Blob of jsdom, whose contents cannot be read, is refused with a sentence that says what to pass", async () => {
    const blob = { size: 100, type: "", slice: () => blob, [Symbol.toStringTag]: "Blob" };
    const refused = { code: "unsupported-runtime", message: expect.stringMatching(/Blobs of jsdom: pass the bytes instead$/) };
    await expect(openCapture(as<Blob>(blob))).rejects.toMatchObject(refused);
    await expect(verifyStream(as<ChunkInput>(blob))).rejects.toMatchObject(refused);
  });

  it("openCapture reads a Blob of happy-dom, which has no tag", async () => {
    const capture = await openCapture(as<Blob>(happyBlob(fixtureBytes(NAME))));
    expect((await capture.verify()).verdict).toBe(verdict);
  });

  it("verifyStream refuses chunks that are not bytes, and its message does not show them", async () => {
    await expect(verifyStream(as<ChunkInput>([new Array(1_000_000).fill(7)]))).rejects.toMatchObject(
      refusal(/^The stream must yield Uint8Array chunks, and not an array of 1000000 entries$/),
    );
    await expect(verifyStream(as<ChunkInput>(["text"]))).rejects.toMatchObject(refusal(/not a text$/));
  });
});

const header = { osType: 1, archType: 1, pid: 1, timestampNs: 1n };
const identity: PlannedBlock = {
  payload: { kind: "ProcessIdentity", ppid: 1, sessionId: 0, startTimeNs: 0n, exePath: "/x", cmdLine: "x" },
};
const modules: PlannedBlock = { payload: { kind: "ModuleListIndex", entries: [] } };
const written = (sink: unknown, blocks: readonly unknown[] = [identity, modules]) =>
  writeCapture(as<SinkInput>(sink), as<CaptureOptions>({ header, blocks }));

describe("a sink", () => {
  it("a file stream of Node can be a sink", async () => {
    const path = join(folder, "stream.msl");
    const { blocks } = await written(createWriteStream(path));
    expect(blocks).toBe(3);
    expect(await verifyCapture(path)).toMatchObject({ outcome: "intact", blocks: 3 });
  });

  it("the writer waits for a slow stream before the next write", async () => {
    let pending = 0;
    let most = 0;
    const parts: Uint8Array[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Uint8Array, _, done) {
        most = Math.max(most, ++pending);
        setTimeout(() => {
          parts.push(new Uint8Array(chunk));
          pending--;
          done();
        }, 5);
      },
    });
    await written(slow);
    expect(most).toBe(1);
    expect(slow.writableFinished).toBe(true);
    expect((await verifyCapture(new Uint8Array(Buffer.concat(parts)))).outcome).toBe("intact");
  });

  it.each([
    ["that cannot be opened", () => createWriteStream(join(folder, "nowhere", "x.msl")), /ENOENT/],
    [
      "that cannot be written to",
      () => new Writable({ write: (_chunk, _encoding, done) => done(new Error("the disk is full")) }),
      /the disk is full/,
    ],
    ["that is destroyed while it is written", () => destroyedWhenWritten(), /closed before everything was written|gone/],
  ])("writeCapture rejects with the reason of a stream %s", async (_, sink, reason) => {
    const failure = written(sink());
    await expect(failure).rejects.toMatchObject({ name: "MslError", code: "sink" });
    await expect(failure).rejects.toThrow(reason);
  });

  it.each([
    ["a path", "/tmp/x.msl", /from|to a text.*await fileSink\(path\)/],
    ["nothing", undefined, /to undefined, expected a Sink/],
  ])("writeCapture refuses %s as a sink", async (_, sink, words) => {
    await expect(written(sink)).rejects.toMatchObject(refusal(words));
  });
});

function destroyedWhenWritten(): Writable {
  const stream: Writable = new Writable({ write: () => stream.destroy() });
  return stream;
}

describe("writeCapture", () => {
  it.each([
    [[], /^blocks has no ProcessIdentity and no ModuleListIndex: /],
    [[identity], /^blocks has no ModuleListIndex: a capture of this kind begins with ProcessIdentity, ModuleListIndex$/],
  ])("writeCapture names the required kinds that are missing", async (blocks, words) => {
    await expect(written(new BytesSink(), blocks)).rejects.toMatchObject({ code: "plan", message: expect.stringMatching(words) });
  });

  it("writeCapture names Import Provenance or System Context if the header requires it and it is missing", async () => {
    const options = (more: object) => as<CaptureOptions>({ header: { ...header, ...more }, blocks: [identity, modules] });
    await expect(writeCapture(new BytesSink(), options({ imported: true }))).rejects.toThrow(/has no ImportProvenance:/);
    await expect(writeCapture(new BytesSink(), options({ investigation: true }))).rejects.toThrow(/has no SystemContext:/);
  });

  it.each([
    ["Memory", /^writeCapture: blocks\[2\]\.payload\.kind is "Memory"; did you mean MemoryRegion\?$/],
    [undefined, /blocks\[2\]\.payload\.kind is undefined; expected /],
  ])("writeCapture names the block whose kind is %j", async (kind, words) => {
    await expect(written(new BytesSink(), [identity, modules, { payload: { kind } }])).rejects.toMatchObject(refusal(words));
  });
});

describe("messages", () => {
  it.each([decodeZstd, decodeLz4Block, decodeLz4Frame])(
    "messages do not contain the array that was passed as an option (%o)",
    (decode) => {
      const bytes = new Uint8Array(1_000_000);
      expect(() => decode(bytes, as<{ bytes: number }>(bytes) as never)).toThrow(/^.{0,120}$/);
    },
  );

  /** Runs `work` with a fresh import of the package while compiling WebAssembly from bytes throws V8's error for a policy that forbids it. */
  async function withoutCompiler(work: (fresh: typeof import("../src/index.js")) => Promise<void>, navigator: object = {}) {
    vi.resetModules();
    const Module = WebAssembly.Module;
    class Forbidden {
      constructor() {
        throw new WebAssembly.CompileError("WebAssembly.Module(): Wasm code generation disallowed by embedder");
      }
    }
    vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { Module: { value: Forbidden } }));
    vi.stubGlobal("navigator", navigator);
    try {
      await work(await import("../src/index.js"));
    } finally {
      vi.unstubAllGlobals();
      vi.resetModules();
      expect(WebAssembly.Module).toBe(Module);
    }
  }

  it("the error without a WebAssembly compiler names the policy 'wasm-unsafe-eval'", () =>
    withoutCompiler(async (fresh) => {
      const expected = { name: "MslError", code: "unsupported-runtime", message: expect.stringMatching(/'wasm-unsafe-eval'/) };
      await expect(fresh.openCapture(vectorV1(0))).rejects.toMatchObject(expected);
      await expect(fresh.verifyCapture(vectorV1(0))).rejects.toMatchObject(expected);
      await expect(fresh.verifyStream([vectorV1(0)])).rejects.toMatchObject(expected);
      expect(() => new fresh.MslSliceReader(vectorV1(0))).toThrow(/'wasm-unsafe-eval'/);
    }));

  it("the error in a worker of Cloudflare names the condition 'workerd', and not the policy 'wasm-unsafe-eval'", () =>
    withoutCompiler(
      async (fresh) => {
        const words = /disallowed by embedder\. Workers of workerd .* with the condition 'workerd'/;
        const expected = { name: "MslError", code: "unsupported-runtime", message: expect.stringMatching(words) };
        await expect(fresh.openCapture(vectorV1(0))).rejects.toMatchObject(expected);
        await expect(fresh.verifyStream([vectorV1(0)])).rejects.toMatchObject(expected);
        await expect(fresh.openCapture(vectorV1(0))).rejects.not.toThrow(/wasm-unsafe-eval/);
        // inspectCapture reads only the header, without WebAssembly.
        expect((await fresh.inspectCapture(vectorV1(0))).header.headerSize).toBe(64);
      },
      { userAgent: "Cloudflare-Workers" },
    ));

  it("the error in an unknown runtime names the policy and the condition 'workerd'", () =>
    withoutCompiler(async (fresh) => {
      await expect(fresh.openCapture(vectorV1(0))).rejects.toThrow(/'wasm-unsafe-eval'.*'workerd'/);
    }));
});

describe("a source without an end", () => {
  /** A header, and blocks of 80 bytes without end. */
  function* endless() {
    yield vectorV1(0).slice(0, 64);
    const block = vectorV1(0).slice(64, 144);
    new DataView(block.buffer).setUint32(8, 80, true);
    for (;;) yield block;
  }

  it("readers of a source or stream without an end throw limit at blockLimit", async () => {
    const block = [...vectorV1(0).slice(64, 144)];
    const source = {
      size: Number.MAX_SAFE_INTEGER,
      read: async (offset: number, length: number) => {
        const bytes = Uint8Array.from({ length }, (_, i) => {
          const at = offset + i;
          if (at < 64) return vectorV1(0)[at] ?? 0;
          const inBlock = (at - 64) % 80;
          return inBlock === 8 ? 80 : inBlock > 8 && inBlock < 12 ? 0 : (block[inBlock] ?? 0);
        });
        return bytes;
      },
    };
    const limited = { code: "limit", message: expect.stringMatching(/more than 1000 blocks .*\(blockLimit\)/) };
    await expect(openCapture(source, { blockLimit: 1000 })).rejects.toMatchObject(limited);
    await expect(verifyStream(endless(), { blockLimit: 1000 })).rejects.toMatchObject({ code: "limit" });
    const reading = async () => {
      for await (const _block of MslReader.from(endless(), { blockLimit: 1000 })) {
        // Reads block headers only.
      }
    };
    await expect(reading()).rejects.toMatchObject(limited);
  });
});

it("openCapture wraps the error that a function given as keys throws", async () => {
  const cause = new Error("the vault is closed");
  const keys = () => {
    throw cause;
  };
  await expect(openCapture(fixtureBytes("md-enc-aes-raw"), { keys })).rejects.toMatchObject({
    name: "MslError",
    code: "missing-key",
    message: expect.stringMatching(/the vault is closed/),
    cause,
  });
});

it("writeCapture does not overwrite a key of another realm", async () => {
  const key = as<Uint8Array>(runInContext("new Uint8Array(32).fill(7)", context));
  await writeCapture(new BytesSink(), { header, blocks: [identity, modules], encryption: { key } });
  expect([...key]).toEqual(new Array(32).fill(7));
});
