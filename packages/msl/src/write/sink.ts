/** Where bytes go. A sink only ever gets more at its end: nothing seeks, nothing is written twice. */
import { MslError } from "../errors.js";
import { ownBytes } from "../own-bytes.js";
import { concatenated } from "../source/concatenated.js";

export interface Sink {
  /** Takes the next bytes. They belong to the sink: the writer does not touch them again. */
  write(bytes: Uint8Array): Promise<void> | void;
  /** Called behind every complete block, when all its bytes have been taken. */
  flush?(): Promise<void> | void;
  close?(): Promise<void> | void;
}

/** A `Sink`, or a `WritableStream` of the web platform, which `end` and `close` close. */
export type SinkInput = Sink | WritableStream<Uint8Array>;

/** Bytes in memory. */
export class BytesSink implements Sink {
  readonly #parts: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes);
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

/** Throws `usage` for what is no sink. */
export function sinkOf(input: SinkInput): Sink {
  if ("getWriter" in input) return new StreamSink(input);
  if (typeof input?.write === "function") return input;
  throw new MslError("usage", "A capture is written to a Sink (write, flush, close) or a WritableStream");
}
