/** The bytes of a writer that wait for their sink: their order, what is copied, and when they are written. */
import type { Sink } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { QueuedSink } from "../src/capturing/queued-sink.js";

/** A sink whose calls take time, and which copies what it is given when its call ends: bytes that change before are seen. */
class SlowSink implements Sink {
  readonly keepsBytes = false;
  readonly calls: Uint8Array[][] = [];
  readonly #fail: number;
  isClosed = false;
  running = 0;

  /** `fail`: the number of the call that fails. */
  constructor(fail = -1) {
    this.#fail = fail;
  }

  write(bytes: Uint8Array) {
    return this.writev([bytes]);
  }

  async writev(parts: readonly Uint8Array[]) {
    expect(++this.running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.running--;
    if (this.calls.length === this.#fail) throw new Error("no room");
    this.calls.push(parts.map((part) => part.slice()));
  }

  close() {
    this.isClosed = true;
  }

  get bytes(): number[] {
    return this.calls.flat().flatMap((part) => [...part]);
  }
}

describe("a queue before a sink", () => {
  const lent = new Uint8Array(64 * 1024).map((_, at) => at % 251);
  const isLent = ({ buffer }: Uint8Array) => buffer === lent.buffer;

  it("passes all bytes on in their order, and joins lent bytes that follow each other", async () => {
    const sink = new SlowSink();
    const queue = new QueuedSink(sink, isLent);
    const head = Uint8Array.of(1, 2, 3);
    const written = [
      head,
      lent.subarray(0, 10),
      lent.subarray(10, 30),
      Uint8Array.of(4),
      lent.subarray(40, 50),
      lent.subarray(30, 40),
    ];
    const expected = written.flatMap((part) => [...part]);
    for (const part of written) await queue.write(part);
    await queue.written();
    expect(sink.bytes).toEqual(expected);
    expect(sink.calls.flat().map(({ length }) => length)).toEqual([3, 30, 1, 10, 10]);
  });

  it("copies bytes that are not lent before it returns", async () => {
    const sink = new SlowSink();
    const queue = new QueuedSink(sink, isLent);
    const own = Uint8Array.of(7, 8, 9);
    void queue.write(own);
    own.fill(0);
    await queue.written();
    expect(sink.bytes).toEqual([7, 8, 9]);
  });

  it("tells that bytes are written only when the sink has written them, and does not wait for later ones", async () => {
    const sink = new SlowSink();
    const queue = new QueuedSink(sink, isLent);
    void queue.write(lent.subarray(0, 5));
    await new Promise((resolve) => setTimeout(resolve, 1));
    void queue.write(lent.subarray(5, 6));
    const second = queue.written();
    void queue.write(lent.subarray(6, 8));
    await second;
    expect(sink.bytes).toEqual([...lent.subarray(0, 8)]);
    void queue.write(lent.subarray(8, 9));
    const third = queue.written();
    await new Promise((resolve) => setTimeout(resolve, 1));
    void queue.write(lent.subarray(9, 10));
    await third;
    expect(sink.bytes).toEqual([...lent.subarray(0, 9)]);
    await queue.written();
  });

  it("uses write where the sink has no writev, and closes the sink when all bytes are written", async () => {
    const slow = new SlowSink();
    const queue = new QueuedSink({ keepsBytes: false, write: (bytes) => slow.write(bytes), close: () => slow.close() }, isLent);
    for (let at = 0; at < 300; at++) void queue.write(Uint8Array.of(at % 256));
    await queue.close();
    expect(slow.bytes).toEqual(Array.from({ length: 300 }, (_, at) => at % 256));
    expect(slow.isClosed).toBe(true);
  });

  it("throws the error of the sink in every call behind it, and writes nothing more", async () => {
    const sink = new SlowSink(1);
    const queue = new QueuedSink(sink, isLent);
    void queue.write(Uint8Array.of(1));
    await queue.written();
    void queue.write(Uint8Array.of(2));
    await expect(queue.written()).rejects.toThrow("no room");
    expect(() => queue.write(Uint8Array.of(3))).toThrow("no room");
    await expect(queue.close()).rejects.toThrow("no room");
    expect([sink.bytes, sink.isClosed]).toEqual([[1], true]);
  });

  it("holds a bounded number of copies", async () => {
    const sink = new SlowSink();
    const queue = new QueuedSink(sink, isLent);
    let waits = 0;
    for (let at = 0; at < 64; at++) {
      const before = sink.calls.length;
      await queue.write(new Uint8Array(256 * 1024));
      if (sink.calls.length > before) waits++;
    }
    await queue.close();
    expect(waits).toBeGreaterThan(1);
    expect(sink.calls.every((parts) => parts.length <= 10)).toBe(true);
  });
});
