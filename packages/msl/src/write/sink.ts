/** Sinks, where the writer's bytes go: bytes are appended in order, never changed and never written twice. */
import { concatenated, ownBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import { Shown } from "../json/shown.js";
import { described } from "../tags.js";

/** The destination of a capture. The writer fails with any error that a method throws; errors other than MslError get the code `sink`. */
export interface Sink {
  /** Appends the bytes, at most 256 KiB. The array belongs to the sink from now on. */
  write(bytes: Uint8Array): Promise<void> | void;
  /** Called after every complete block, when `write` has taken all of its bytes. */
  flush?(): Promise<void> | void;
  /** Called once, by `end` or `close` of the writer. */
  close?(): Promise<void> | void;
}

/** A writable stream of Node (fs.WriteStream, a socket, a response): the members that distinguish it from a `Sink`. */
export interface NodeWritable {
  readonly writable: boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "error" | "close", listener: (error?: Error) => void): unknown;
  removeListener(event: "error" | "close", listener: (error?: Error) => void): unknown;
}

/** The members that are used besides. They are not part of `NodeWritable`, so that the compiler infers the parameter of `write` of a `Sink`. */
interface NodeStream extends NodeWritable {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
  end(done: (error?: Error | null) => void): unknown;
}

/** A `Sink`, a `WritableStream` of the web platform, or a writable stream of Node. `end` and `close` of the writer close it. */
export type SinkInput = Sink | WritableStream<Uint8Array> | NodeWritable;

/** A sink that keeps all bytes in memory. */
export class BytesSink extends Shown implements Sink {
  readonly #parts: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }

  override toJSON() {
    return { size: this.#parts.reduce((size, { length }) => size + length, 0) };
  }

  /** Everything written so far, in one array. */
  bytes(): Uint8Array {
    return ownBytes(concatenated(this.#parts));
  }
}

class StreamSink implements Sink {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes);
  }

  close(): Promise<void> {
    return this.#writer.close();
  }
}

/** Waits until the stream has taken each piece, which is backpressure. A failure of the stream fails the write that is pending or comes next. */
class NodeStreamSink implements Sink {
  readonly #stream: NodeStream;
  #failure: Error | undefined;

  constructor(stream: NodeStream) {
    this.#stream = stream;
    // Node ends the process on an "error" event without listener.
    stream.on("error", (error) => {
      this.#failure ??= error;
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#until((done) => this.#stream.write(bytes, done));
  }

  close(): Promise<void> {
    return this.#until((done) => this.#stream.end(done));
  }

  #until(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error | null) => {
        this.#stream.removeListener("error", finish);
        this.#stream.removeListener("close", closed);
        this.#failure ??= error ?? undefined;
        const failure = this.#failure;
        if (failure) reject(failure);
        else resolve();
      };
      const closed = () => finish(this.#failure ?? new Error("the stream was closed before everything was written"));
      if (this.#failure) return finish();
      this.#stream.once("error", finish);
      this.#stream.once("close", closed);
      start(finish);
    });
  }
}

function isNodeStream(input: unknown): input is NodeStream {
  const { write, end, once, removeListener } = (input ?? {}) as Partial<NodeStream>;
  return [write, end, once, removeListener].every((method) => typeof method === "function");
}

/** Throws `usage` for a value that is not a sink. */
export function sinkOf(input: SinkInput): Sink {
  if (isNodeStream(input)) return new NodeStreamSink(input);
  if (typeof input === "object" && input !== null && "getWriter" in input) return new StreamSink(input);
  if (typeof (input as Partial<Sink> | undefined)?.write === "function") return input as Sink;
  const expected = "expected a Sink (write, flush, close), a WritableStream or a Node stream";
  const advice = typeof input === "string" ? "; for a path pass await fileSink(path)" : "";
  throw new MslError("usage", `A capture cannot be written to ${described(input)}, ${expected}${advice}`);
}

/** Bytes of the largest array that a sink is given. */
const CAPACITY = 256 * 1024;

/**
 * Collects small pieces into arrays of 256 KiB. While the sink writes one array, the next one is filled; an error of the sink is thrown when the
 * next array is handed over, or by `flush`. `flush` hands over the rest, so that a complete block never stays here.
 */
export class GatheringSink {
  readonly #sink: Sink;
  /** Room for CAPACITY bytes; undefined until the next bytes come. */
  #gathered: Uint8Array | undefined;
  #length = 0;
  /** The last array that was handed over; never more than one is being written. */
  #writing: Promise<void> = Promise.resolve();

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Bytes that the array which is being filled has room for, or a new one if that array is full. */
  get room(): number {
    return CAPACITY - (this.#length % CAPACITY);
  }

  /** Copies the bytes. The last ones stay here until `flush`, so that a block that turns out wrong at its end never becomes complete. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#gathered && this.#length === CAPACITY) await this.#handOver(this.#gathered);
      const piece = bytes.subarray(at, at + CAPACITY - this.#length);
      if (piece.length === CAPACITY) this.#gathered = ownBytes(piece);
      else {
        this.#gathered ??= new Uint8Array(CAPACITY);
        this.#gathered.set(piece, this.#length);
      }
      this.#length += piece.length;
      at += piece.length;
    }
  }

  async flush(): Promise<void> {
    const gathered = this.#gathered;
    if (gathered && this.#length > 0)
      await this.#handOver(this.#length === CAPACITY ? gathered : gathered.slice(0, this.#length));
    await this.#writing;
    await guarded(() => this.#sink.flush?.());
  }

  /** Waits until the sink writes nothing, whether it has failed or not. */
  async idle(): Promise<void> {
    await this.#writing.catch(() => {});
  }

  async close(): Promise<void> {
    await this.idle();
    await guarded(() => this.#sink.close?.());
  }

  /** The array belongs to the sink from now on. */
  async #handOver(bytes: Uint8Array): Promise<void> {
    if (bytes === this.#gathered) this.#gathered = undefined;
    this.#length = 0;
    await this.#writing;
    this.#writing = guarded(() => this.#sink.write(bytes));
    // Awaited later: without a handler, a rejection until then would be reported as unhandled.
    this.#writing.catch(() => {});
  }
}

/** Runs a function that calls a sink. Errors other than MslError become `sink`. */
export async function guarded(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof MslError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new MslError("sink", `The sink failed: ${message}`, { cause });
  }
}
