/** Sinks, where the writer's bytes go, in order, never changed and never written twice; and streams and memory as sinks. */
import { concatenated, ownBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import { Shown } from "../json/shown.js";
import { described } from "../tags.js";

/**
 * When a writer hands complete blocks to its sink. `block`: each block at once. `gathered`: when 256 KiB have gathered, before a block for
 * which the array has no room, and at `end`, `close` and failures of the writer.
 */
export type FlushPolicy = "block" | "gathered";

/**
 * The destination of a capture. The writer fails with any error that a method throws; errors other than MslError get the code `sink`. No method
 * is called before the promise of the last call has settled.
 */
export interface Sink {
  /** `block` has the writer hand over every block at once, whatever its option `flush`. */
  readonly flushPolicy?: FlushPolicy | undefined;
  /**
   * `false`: the sink is done with the bytes of a `write` when it has returned, or its promise has settled, and does not change them. The array may
   * then be a view of page data of the caller, and is used again. Otherwise each array belongs to the sink for good.
   */
  readonly keepsBytes?: boolean | undefined;
  /** Bytes of the largest array of page data that a sink takes which does not keep bytes: at least 256 KiB, the default. Others get 256 KiB at most. */
  readonly largestWrite?: number | undefined;
  /** Whether a sink that does not keep bytes takes arrays in shared memory uncopied. Streams and the functions of the web platform refuse them. Default false. */
  readonly takesShared?: boolean | undefined;
  /** Appends the bytes, at most 256 KiB or `largestWrite`. The array belongs to the sink from now on, unless `keepsBytes` is `false`. */
  write(bytes: Uint8Array): Promise<void> | void;
  /** Appends several arrays of any length, like a `write` of each. `MslWriter` calls `write` alone; `acquire` prefers this where it is there. */
  writev?(parts: readonly Uint8Array[]): Promise<void> | void;
  /**
   * Called whenever `write` has taken complete blocks and nothing else: with the policy `block` after every block, otherwise after all blocks that
   * had gathered.
   */
  flush?(): Promise<void> | void;
  /** Called once, by `end` or `close` of the writer. */
  close?(): Promise<void> | void;
}

/** A writable stream of Node (fs.WriteStream, a socket, a response): the members that distinguish it from a `Sink`. */
export interface NodeWritable {
  readonly writable: boolean;
  /** Adds a listener. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Adds a listener that is called once at most. */
  once(event: "error" | "close", listener: (error?: Error) => void): unknown;
  /** Removes a listener. */
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

/** Runs a function that calls a sink. Returns a promise if that takes time. Errors other than MslError become `sink`. */
export function guarded(work: () => Promise<void> | void): Promise<void> | undefined {
  try {
    const pending: unknown = work();
    return isThenable(pending) ? Promise.resolve(pending).then(() => {}, throwNamed) : undefined;
  } catch (cause) {
    return throwNamed(cause);
  }
}

/** Promises of any realm and library. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function throwNamed(cause: unknown): never {
  if (cause instanceof MslError) throw cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  throw new MslError("sink", `The sink failed: ${message}`, { cause });
}
