/** Sinks, where the writer's bytes go: bytes are appended in order, never changed and never written twice. */
import { concatenated, ownBytes, viewOf } from "../bytes.js";
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
  /** Appends the bytes, at most 256 KiB. The array belongs to the sink from now on, unless `keepsBytes` is `false`. */
  write(bytes: Uint8Array): Promise<void> | void;
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

/** Bytes of the largest array that a sink is given. */
const CAPACITY = 256 * 1024;

/**
 * Collects bytes into arrays of up to 256 KiB. Complete blocks stay here until there is no room for more, or until `flush`. The last bytes of a
 * block that is being written stay here until `endBlock`, so that a block that turns out wrong at its end never becomes complete. While the sink
 * writes one array of a large block, the next one is filled; an error of the sink is thrown when the next array is handed over, or by `flush`.
 * A sink that does not keep bytes gets large payloads uncopied, except the last bytes of each piece, and arrays are filled again.
 */
export class GatheringSink {
  readonly #sink: Sink;
  readonly #eachBlock: boolean;
  /** Whether arrays belong to the sink only until it has written them. */
  readonly #lends: boolean;
  /** An array that the sink has written, to be filled again. */
  #written: Uint8Array | undefined;
  /** Whether the bytes of the last write are not a copy. */
  #lent = false;
  /** Room for CAPACITY bytes; undefined until the next bytes come. */
  #gathered: Uint8Array | undefined;
  #length = 0;
  /** The bytes up to here belong to complete blocks. */
  #complete = 0;
  /** Whether the sink has the beginning of a block whose end it does not have. */
  #torn = false;
  #discarded = false;
  /** The last array that was handed over, as long as it may still be being written; never more than one is. */
  #writing: Promise<void> | undefined;

  constructor(sink: Sink, policy: FlushPolicy) {
    this.#sink = sink;
    this.#eachBlock = policy === "block";
    this.#lends = sink.keepsBytes === false;
  }

  /** Bytes that have not been handed over. */
  get held(): number {
    return this.#length;
  }

  /** Bytes that the array which is being filled has room for, or a new one if that array is full. */
  get room(): number {
    return CAPACITY - (this.#length % CAPACITY);
  }

  /** Whether a whole block of `length` bytes may be put here. */
  takesWhole(length: number): boolean {
    return length <= CAPACITY;
  }

  /** Hands over complete blocks if there is no room for `length` more bytes. Returns a promise if the sink takes time. */
  makeRoom(length: number): Promise<void> | undefined {
    return this.#length + length > CAPACITY ? this.flush() : undefined;
  }

  /** Copies bytes that there is room for. */
  put(bytes: Uint8Array): void {
    this.#gathered ??= this.#newArray();
    this.#gathered.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** All bytes from `start` on, as a view that is valid until bytes are handed over. */
  from(start: number): Uint8Array {
    return this.#gathered ? viewOf(this.#gathered, start, this.#length) : new Uint8Array(0);
  }

  /** Copies bytes, and hands over 256 KiB whenever there are more. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#length === CAPACITY) await this.#handOver();
      const piece = bytes.subarray(at, at + CAPACITY - this.#length);
      if (piece.length < CAPACITY || this.#lends) this.put(piece);
      else {
        this.#gathered = ownBytes(piece);
        this.#length = CAPACITY;
      }
      at += piece.length;
    }
  }

  /**
   * Bytes at the start of a piece of a payload that `lend` takes uncopied; 0 for pieces that are to be copied. The last bytes of a piece are,
   * because they may be the last ones of a block; and bytes whose memory can be shared, or change its size, because the sink may not expect that.
   */
  lendable({ buffer, length }: Uint8Array): number {
    const isFixed = buffer instanceof ArrayBuffer && !("resizable" in buffer && buffer.resizable);
    return this.#lends && isFixed && length > CAPACITY ? CAPACITY : 0;
  }

  /** Hands over all bytes so far, and then these, uncopied. They must not change until `returned`. */
  async lend({ buffer, byteOffset, length }: Uint8Array): Promise<void> {
    const bytes = new Uint8Array(buffer, byteOffset, length);
    if (this.#length > 0) await this.#handOver();
    this.#torn = true;
    await this.#begin(bytes, undefined);
  }

  /** Waits until the sink is done with bytes that were lent. Returns undefined if it is. Rejects if it failed to write them. */
  returned(): Promise<void> | undefined {
    return this.#lent ? this.#writing : undefined;
  }

  /** All bytes so far are complete blocks. Hands them over if each block is to be, or if the sink has the beginning of the last one. */
  endBlock(): Promise<void> | undefined {
    this.#complete = this.#length;
    return this.#eachBlock || this.#torn ? this.flush() : undefined;
  }

  /** Hands over all complete blocks, and has the sink flush them. Returns a promise if the sink takes time. */
  flush(): Promise<void> | undefined {
    const handed = this.#length > 0 ? this.#handOver() : undefined;
    if (!handed && !this.#writing) return this.#flushSink();
    return Promise.resolve(handed)
      .then(() => this.#writing)
      .then(() => {
        this.#writing = undefined;
        return this.#flushSink();
      });
  }

  /** Hands over complete blocks, and drops the beginning of one that is not. None are left when the sink has failed. */
  async handOverComplete(): Promise<void> {
    this.#length = this.#complete;
    if (this.#length > 0) await this.flush();
  }

  /** Waits until the sink writes nothing, whether it has failed or not. */
  async idle(): Promise<void> {
    await this.#writing?.catch(() => {});
  }

  /** Drops the bytes that have not been handed over. The caller reports another failure than that of the last array. */
  discard(): void {
    this.#complete = 0;
    this.#length = 0;
    this.#discarded = true;
  }

  /** Hands over complete blocks, and closes the sink in any case. Throws if the sink failed to take the last array. */
  async close(): Promise<void> {
    try {
      await this.handOverComplete();
      if (!this.#discarded) await this.#writing;
    } finally {
      await this.idle();
      await guarded(() => this.#sink.close?.());
    }
  }

  #flushSink(): Promise<void> | undefined {
    this.#torn = false;
    return guarded(() => this.#sink.flush?.());
  }

  #newArray(): Uint8Array {
    const written = this.#written;
    this.#written = undefined;
    return written ?? new Uint8Array(CAPACITY);
  }

  /** Returns a promise if the sink is still writing the array before. */
  #handOver(): Promise<void> | undefined {
    const gathered = this.#gathered ?? new Uint8Array(0);
    const isFull = this.#length === CAPACITY;
    const bytes = isFull ? gathered : this.#lends ? gathered.subarray(0, this.#length) : gathered.slice(0, this.#length);
    if (isFull || this.#lends) this.#gathered = undefined;
    this.#torn = this.#complete < this.#length;
    this.#complete = 0;
    this.#length = 0;
    return this.#begin(bytes, gathered);
  }

  /**
   * Has the sink write the bytes once it has written the ones before. Returns a promise if it is still writing those. `gathered`: the array that
   * holds a copy of the bytes; undefined if they are lent.
   */
  #begin(bytes: Uint8Array, gathered: Uint8Array | undefined): Promise<void> | undefined {
    const { length } = bytes;
    const ended = () => {
      if (!this.#lends) return;
      if (bytes.length !== length) throw takenAway(length);
      this.#written = gathered ?? this.#written;
    };
    const begin = () => {
      this.#lent = gathered === undefined;
      const writing = guarded(() => this.#sink.write(bytes));
      this.#writing = writing?.then(ended);
      // Awaited later: without a handler, a rejection until then would be reported as unhandled.
      this.#writing?.catch(() => {});
      if (!writing) ended();
    };
    if (this.#writing) return this.#writing.then(begin);
    begin();
    return undefined;
  }
}

/** The sink may have got fewer bytes than were hashed. */
function takenAway(length: number): MslError {
  const message = `The memory of ${length} bytes was transferred or grown while they were being written; leave page data alone until the promise of the call has settled`;
  return new MslError("source", message);
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
