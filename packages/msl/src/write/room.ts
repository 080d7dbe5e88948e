/** Bounds what is in memory ahead of its turn: so many payloads, with so many bytes together. */

interface Entrant {
  readonly bytes: number;
  enter(): void;
}

export class Room {
  readonly #mostBytes: number;
  readonly #mostPayloads: number;
  readonly #entrants: Entrant[] = [];
  #bytes = 0;
  #payloads = 0;

  constructor(mostBytes: number, mostPayloads: number) {
    this.#mostBytes = mostBytes;
    this.#mostPayloads = mostPayloads;
  }

  /** Waits until there is room; a payload that is larger than all of it enters alone. Rejects once the signal fires. */
  enter(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#entrants.splice(this.#entrants.indexOf(entrant), 1);
        reject(signal.reason);
      };
      const entrant = {
        bytes,
        enter: () => {
          signal.removeEventListener("abort", leave);
          resolve();
        },
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
      this.#entrants.push(entrant);
      this.#admit();
    });
  }

  /** Gives room back; `bytes` as it entered with. */
  leave(bytes: number): void {
    this.#bytes -= bytes;
    this.#payloads--;
    this.#admit();
  }

  #admit(): void {
    for (let [first] = this.#entrants; first && this.#hasRoom(first.bytes); [first] = this.#entrants) {
      this.#entrants.shift();
      this.#bytes += first.bytes;
      this.#payloads++;
      first.enter();
    }
  }

  #hasRoom(bytes: number): boolean {
    if (this.#payloads === 0) return true;
    return this.#payloads < this.#mostPayloads && this.#bytes + bytes <= this.#mostBytes;
  }
}
