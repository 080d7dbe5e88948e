/** The first long piece of a payload, which is seen before the turn of the payload has come. */
import { ownBytes } from "../bytes.js";

/** Pieces up to this length are copied when they are seen, so that the next one can be asked for. */
const COPIED_BYTES = 16 * 1024;
/** Most bytes of pieces that are copied. */
const COPIED_MOST = 256 * 1024;

/** A piece of a payload. */
interface LeadingPiece {
  /** Bytes of the pieces before it. */
  readonly before: number;
  /** Valid until the next piece is asked for. */
  readonly bytes: Uint8Array;
}

/** A payload, of which pieces may have been seen. */
export interface SeenPayload {
  /** All pieces. */
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Undefined if the payload has no long piece, or it comes too late. */
  readonly lead: LeadingPiece | undefined;
}

/** Asks for pieces up to the first long one. An error is thrown when the piece has its turn that cannot be made. */
export async function seenUpToLead(payload: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<SeenPayload> {
  const rest = Symbol.asyncIterator in payload ? payload[Symbol.asyncIterator]() : payload[Symbol.iterator]();
  const seen: Uint8Array[] = [];
  let before = 0;
  let last: Promise<IteratorResult<Uint8Array>> | undefined;
  const pieces = () => inTurn(seen, last, rest);
  while (before <= COPIED_MOST) {
    last = Promise.resolve(rest.next());
    const next = await last.catch(() => undefined);
    if (!next || next.done) break;
    last = undefined;
    const bytes = next.value;
    seen.push(bytes.length > COPIED_BYTES ? bytes : ownBytes(bytes));
    if (bytes.length > COPIED_BYTES) return { pieces: pieces(), lead: { before, bytes } };
    before += bytes.length;
  }
  return { pieces: pieces(), lead: undefined };
}

/** `last`: the end or an error behind the pieces that were seen; undefined if `rest` may have more. */
async function* inTurn(
  seen: Iterable<Uint8Array>,
  last: Promise<IteratorResult<Uint8Array>> | undefined,
  rest: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* seen;
    for (let next = await (last ?? rest.next()); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
