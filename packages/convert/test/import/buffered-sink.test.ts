/** What a sink gets by way of arrays that are written while others are filled: the same bytes in the same order, and its failures at once or at the end. */
import { MslError, type Sink } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { buffered } from "../../src/import/buffered-sink.js";

const MIB = 2 ** 20;

/** Takes what it is given after a turn of the event loop, and fails at the call `failsAt`. */
class SlowSink implements Sink {
  readonly keepsBytes = false;
  readonly calls: string[] = [];
  readonly parts: Uint8Array[] = [];
  underWay = 0;
  readonly #failsAt: number;

  constructor(failsAt = Number.POSITIVE_INFINITY) {
    this.#failsAt = failsAt;
  }

  async write(bytes: Uint8Array): Promise<void> {
    expect(++this.underWay).toBe(1);
    await new Promise(setImmediate);
    if (this.parts.length === this.#failsAt) throw new MslError("sink", "the disk is full");
    this.parts.push(bytes.slice());
    this.calls.push("write");
    this.underWay--;
  }

  flush(): void {
    this.calls.push("flush");
  }

  close(): void {
    this.calls.push("close");
  }
}

const pieces = Array.from({ length: 40 }, (_, index) =>
  Uint8Array.from({ length: 100_000 + 7919 * index }, (_, at) => (at + index) & 0xff),
);

describe("a buffered sink", () => {
  it("has its sink write all bytes in order, one call at a time, although the arrays of the caller change", async () => {
    const inner = new SlowSink();
    const sink = buffered(inner);
    const shared = new Uint8Array(MIB);
    for (const piece of pieces) {
      shared.set(piece);
      await sink.write(shared.subarray(0, piece.length));
    }
    await sink.close?.();
    expect(Buffer.concat(inner.parts).equals(Buffer.concat(pieces))).toBe(true);
    expect(inner.calls.at(-1)).toBe("close");
  });

  it("holds 3 MiB at most: a caller waits for its sink", async () => {
    const inner: Sink = { keepsBytes: false, write: () => new Promise(() => {}) };
    const sink = buffered(inner);
    for (let index = 0; index < 12; index++) expect(sink.write(new Uint8Array(MIB / 4).fill(1))).toBeUndefined();
    expect(sink.write(new Uint8Array(1))).toBeInstanceOf(Promise);
  });

  it("holds a few runs of zeros at most: a caller waits for its sink, and all bytes arrive in order", async () => {
    const inner = new SlowSink();
    const sink = buffered(inner);
    let waited = 0;
    const written: Uint8Array[] = [];
    for (let index = 0; index < 60; index++) {
      const piece = new Uint8Array(index % 7 === 0 ? 4095 : 4096 + 1000 * index).fill(index % 5 === 0 ? index : 0);
      written.push(piece);
      const writing = sink.write(piece);
      if (writing) waited++;
      await writing;
    }
    await sink.close?.();
    expect(Buffer.concat(inner.parts).equals(Buffer.concat(written))).toBe(true);
    expect(waited).toBeGreaterThan(30);
  });

  it("has its sink flush behind the bytes before the flush", async () => {
    const inner = new SlowSink();
    const sink = buffered(inner);
    await sink.write(new Uint8Array(10));
    await sink.flush?.();
    await sink.write(new Uint8Array(10));
    await sink.close?.();
    expect(inner.calls).toEqual(["write", "flush", "write", "close"]);
  });

  it.each([0, 1, 4])(
    "throws what its sink throws at array %i, at a later write or when it is closed, and closes it",
    async (at) => {
      const inner = new SlowSink(at);
      const sink = buffered(inner);
      const writeAll = async () => {
        for (const piece of pieces) await sink.write(piece);
      };
      await expect(writeAll()).rejects.toThrow("the disk is full");
      await expect(Promise.resolve(sink.close?.())).rejects.toThrow("the disk is full");
      expect(inner.parts.length).toBe(at);
      expect(inner.calls.at(-1)).toBe("close");
      const last = buffered(new SlowSink(0));
      await last.write(new Uint8Array(1));
      await expect(Promise.resolve(last.close?.())).rejects.toThrow("the disk is full");
    },
  );

  it("is the sink itself where that keeps its bytes or is to have each block at once", () => {
    const keeping: Sink = { write: () => {} };
    const each: Sink = { keepsBytes: false, flushPolicy: "block", write: () => {} };
    expect(buffered(keeping)).toBe(keeping);
    expect(buffered(each)).toBe(each);
  });
});
