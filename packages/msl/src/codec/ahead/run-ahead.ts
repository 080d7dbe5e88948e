/** The regions ahead of one reader who goes from one to the next: their payloads are fetched in order, and handed to workers as long as there is room. */
import { ownBytes } from "../../bytes.js";
import { untilAborted } from "../../source/until-aborted.js";
import type { Decoding } from "../decoding.js";
import type { DecompressedAhead } from "./decompression-task.js";
import type { Assignment, DecompressionTeam } from "./decompression-team.js";
import { heldSize, type PayloadAhead } from "./payload-ahead.js";

export interface RunOptions {
  readonly decoding: Decoding;
  readonly next: (position: number) => PayloadAhead | undefined;
  /** Where the reader is. */
  readonly position: number;
  /** Most payloads that are ahead of the reader. */
  readonly most: number;
  readonly team: DecompressionTeam;
}

/** Payloads ahead take at most so many times the bytes that the cache of decompressed payloads has, stored and decompressed bytes together. */
const ROOM_IN_CACHES = 2;

interface Fetched {
  readonly payload: PayloadAhead;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly size: number;
}

export class RunAhead {
  readonly #options: RunOptions;
  readonly #room: number;
  readonly #controller = new AbortController();
  readonly #assigned = new Map<number, Assignment & { readonly bytes: number }>();
  /** Stored and decompressed bytes of all payloads that are fetched, with workers, or waiting to be taken. */
  #bytes = 0;
  /** What was fetched and has no room yet. */
  #fetched: Fetched | undefined;
  /** The last block that was looked at. */
  #reached: number;
  /** The last one that the reader asked for. */
  #asked: number;
  #advancing = false;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#room = ROOM_IN_CACHES * options.decoding.limits.held;
    this.#reached = options.position;
    this.#asked = options.position;
  }

  /** Positions have to rise. */
  async take(position: number, signal: AbortSignal): Promise<DecompressedAhead | undefined> {
    this.#asked = position;
    const assigned = this.#assigned.get(position);
    this.#assigned.delete(position);
    void this.#advance();
    if (!assigned) return undefined;
    assigned.withdraw();
    const found = await untilAborted(assigned.result, signal);
    this.#bytes -= assigned.bytes;
    void this.#advance();
    return found;
  }

  /** Fetches no more; what workers have is finished and thrown away. */
  end(): void {
    this.#controller.abort();
    for (const assigned of this.#assigned.values()) assigned.withdraw();
    this.#assigned.clear();
  }

  async #advance(): Promise<void> {
    if (this.#advancing) return;
    this.#advancing = true;
    try {
      while (await this.#assignNext());
    } catch {
      // What cannot be read is read again, and told, when it is asked for.
      this.#controller.abort();
    } finally {
      this.#advancing = false;
    }
  }

  /** Whether there may be room for another. */
  async #assignNext(): Promise<boolean> {
    const { signal } = this.#controller;
    const { decoding, next, most, team } = this.#options;
    if (signal.aborted || team.isGone || this.#assigned.size >= most) return false;
    this.#fetched ??= await this.#fetch();
    const { payload, bytes, size } = this.#fetched ?? {};
    if (signal.aborted || !payload || !bytes || size === undefined) return false;
    // The reader was faster.
    const isLate = payload.position <= this.#asked;
    const hasRoom = this.#bytes + size <= this.#room;
    if (!isLate && !hasRoom) return false;
    this.#fetched = undefined;
    if (isLate) {
      this.#bytes -= bytes.length;
      // It is about to ask for the one behind as well, and would again be faster.
      this.#reached = next(this.#asked)?.position ?? this.#asked;
      return true;
    }
    this.#bytes += size;
    // Before they are handed over, which leaves nothing of them here.
    const taken = bytes.length + size;
    const { payload: payloadLimit, held: wholeLimit, window: windowLimit } = decoding.limits;
    const limits = { payloadLimit, wholeLimit, windowLimit };
    const assignment = team.decompress({ stored: bytes.buffer, compression: payload.compression, limits });
    this.#assigned.set(payload.position, { ...assignment, bytes: taken });
    return true;
  }

  /** The next payload that can be decompressed ahead, and undefined where there is none or no room for it. */
  async #fetch(): Promise<Fetched | undefined> {
    const { next, decoding } = this.#options;
    for (;;) {
      const payload = next(Math.max(this.#reached, this.#asked));
      if (!payload) return undefined;
      const { stored, compression, position } = payload;
      const isHeld = stored.size <= decoding.limits.held;
      if (isHeld && this.#bytes + stored.size > this.#room) return undefined;
      this.#reached = position;
      if (!isHeld) continue;
      this.#bytes += stored.size;
      // Of their own: they are handed over, and what a source gives out may be the capture itself.
      const bytes = ownBytes(await stored.read(0, stored.size, this.#controller.signal));
      const size = heldSize(bytes, compression, decoding);
      if (size !== undefined) return { payload, bytes, size };
      this.#bytes -= bytes.length;
    }
  }
}
