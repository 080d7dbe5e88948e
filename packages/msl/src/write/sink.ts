/** Where bytes go. A sink only ever gets more at its end: nothing seeks, nothing is written twice. */
import { MslError } from "../errors.js";
import { Shown } from "../json/shown.js";
import { ownBytes } from "../own-bytes.js";
import { concatenated } from "../source/concatenated.js";
import { described } from "../tags.js";

export interface Sink {
  /** Takes the next bytes. They belong to the sink: the writer does not touch them again. */
  write(bytes: Uint8Array): Promise<void> | void;
  /** Called behind every complete block, when all its bytes have been taken. */
  flush?(): Promise<void> | void;
  close?(): Promise<void> | void;
}

/** A writable stream of Node (fs.WriteStream, a socket, a response), by what tells it from a `Sink`. */
export interface NodeWritable {
  readonly writable: boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  once(event: "error" | "close", listener: (error?: Error) => void): unknown;
  removeListener(event: "error" | "close", listener: (error?: Error) => void): unknown;
}

/** What is used of it besides: left out above, so that the compiler infers what `write` of a `Sink` takes. */
interface NodeStream extends NodeWritable {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
  end(done: (error?: Error | null) => void): unknown;
}

/** A `Sink`, or a `WritableStream` of the web platform or a writable stream of Node, which `end` and `close` close. */
export type SinkInput = Sink | WritableStream<Uint8Array> | NodeWritable;

/** Bytes in memory. */
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

/** Waits for each piece to be taken, which is what backpressure comes to; the stream's failure is the failure of what is written. */
class NodeStreamSink implements Sink {
  readonly #stream: NodeStream;
  #failure: Error | undefined;

  constructor(stream: NodeStream) {
    this.#stream = stream;
    // An error that nobody hears would end the process.
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

/** Throws `usage` for what is no sink. */
export function sinkOf(input: SinkInput): Sink {
  if (isNodeStream(input)) return new NodeStreamSink(input);
  if (typeof input === "object" && input !== null && "getWriter" in input) return new StreamSink(input);
  if (typeof (input as Partial<Sink> | undefined)?.write === "function") return input as Sink;
  const expected = "expected a Sink (write, flush, close), a WritableStream or a Node stream";
  const advice = typeof input === "string" ? "; for a path pass await fileSink(path)" : "";
  throw new MslError("usage", `A capture cannot be written to ${described(input)}, ${expected}${advice}`);
}
