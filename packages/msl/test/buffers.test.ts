/** `slice` of a Node Buffer is a view, not a copy: a reader that writes into such a slice would change the capture. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  BytesSink,
  describeReport,
  MslError,
  MslReader,
  MslSliceReader,
  openCapture,
  type Source,
  transcode,
  verifyStream,
} from "../src/index.js";
import { fixtureBytes, fixturePath, READABLE } from "./fixtures.js";

/** Reads into Buffers, as `fs` does. */
class BufferSource implements Source {
  readonly size: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.#bytes.subarray(offset, offset + length);
  }
}

async function everythingOf(input: Uint8Array | Source, bytes: Uint8Array): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const block of new MslSliceReader(bytes)) block.decode();
  for await (const block of MslReader.from([bytes])) await block.decode();
  const capture = await openCapture(input);
  for (const region of await capture.regions()) {
    const { deviations } = await region.check();
    found.push(
      deviations.map(({ id, message }) => [id, message]),
      [...(await region.pages()).runs()],
    );
  }
  found.push(describeReport(await capture.verify()), describeReport(await verifyStream([bytes])));
  found.push((await transcode(input, new BytesSink()).catch(refusal)) as unknown);
  return found;
}

function refusal(error: unknown): string {
  if (error instanceof MslError) return error.message;
  throw error;
}

/** JSON without UUIDs and digests, which differ in each run because UUIDs are random. */
function withoutIdentities(found: unknown[]): string {
  return JSON.stringify(found).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}/g, "");
}

describe("a capture in a Buffer", () => {
  it.each(READABLE.filter((name) => fixtureBytes(name).length < 100_000))(
    "a capture in a Buffer is read like one in a Uint8Array, and not changed: %s",
    {
      timeout: 60_000,
    },
    async (name) => {
      const bytes = fixtureBytes(name);
      const buffer = readFileSync(fixturePath(name));
      const expected = withoutIdentities(await everythingOf(bytes, bytes));
      expect(withoutIdentities(await everythingOf(buffer, buffer))).toEqual(expected);
      expect(buffer.equals(bytes)).toBe(true);
      expect(withoutIdentities(await everythingOf(new BufferSource(buffer), buffer))).toEqual(expected);
      expect(buffer.equals(bytes)).toBe(true);
    },
  );
});
