/** The load commands of a core, read in windows: a core may have a million segments, each of which has a command. */
import { MslError, type Source } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import type { StructureOrder } from "../structures/structure.js";
import { commandsIn, type LoadCommand } from "./mach-image.js";
import { LOAD_COMMAND } from "./mach-structures.js";

/** Some hundred commands: decoded in a millisecond, and gone before the garbage collector would move them. */
const WINDOW_BYTES = 32 * 1024;
const WORK_OF_COMMAND = 4;

/** Where the load commands are in a file. */
export interface CommandPlace {
  readonly start: number;
  /** Bytes of them that the file has. */
  readonly size: number;
  /** The most commands. */
  readonly count: number;
  readonly order: StructureOrder;
  /** Bytes of the longest command that is read. */
  readonly tableLimit: number;
}

export class LoadCommands {
  readonly #source: Source;
  readonly #place: CommandPlace;
  readonly #signal: AbortSignal | undefined;

  constructor(source: Source, place: CommandPlace, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#place = place;
    this.#signal = signal;
  }

  /**
   * All commands, as far as they are whole, in lists of consecutive ones: views that are valid until the next list. Throws `limit` for a command above `tableLimit`, `source`
   * and `aborted`.
   */
  async *lists(): AsyncGenerator<readonly LoadCommand[], void, undefined> {
    const slice = new TimeSlice(this.#signal);
    for (let at = 0, left = this.#place.count; left > 0; ) {
      const commands = await this.#listFrom(at, left);
      const last = commands.at(-1);
      if (!last) return;
      if (slice.isSpent(WORK_OF_COMMAND * commands.length)) await slice.renew();
      yield commands;
      at += last.at + last.bytes.length;
      left -= commands.length;
    }
  }

  /** The whole commands of the window from `at` on; one that is longer than a window alone. */
  async #listFrom(at: number, left: number): Promise<LoadCommand[]> {
    const { start, size, order, tableLimit } = this.#place;
    const read = (length: number) => this.#source.read(start + at, Math.min(length, size - at), this.#signal);
    const window = await read(WINDOW_BYTES);
    const commands = [...commandsIn(window, left, order)];
    if (commands.length > 0 || window.length < LOAD_COMMAND.size) return commands;
    const { cmdsize } = LOAD_COMMAND.decode(window, 0, order);
    if (cmdsize <= window.length || cmdsize > size - at) return [];
    if (cmdsize > tableLimit)
      throw new MslError("limit", `A load command has ${cmdsize} bytes, more than ${tableLimit}; raise the option tableLimit`);
    return [...commandsIn(await read(cmdsize), 1, order)];
  }
}
