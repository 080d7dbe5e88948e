/** Sources that record their reads. */

import type { Source } from "../src/index.js";
import { BytesSource } from "../src/source/source.js";

export interface SeenRead {
  readonly offset: number;
  readonly length: number;
  readonly signal: AbortSignal | undefined;
}

export interface CountingSource extends Source {
  readonly reads: SeenRead[];
  /** `reads` without their signals. */
  readonly ranges: [offset: number, length: number][];
}

/** Bytes in memory; a read takes until `gate` resolves. */
export function countingSource(bytes: Uint8Array, gate: (read: SeenRead) => Promise<void> = async () => {}): CountingSource {
  const source = new BytesSource(bytes);
  const reads: SeenRead[] = [];
  return {
    size: bytes.length,
    reads,
    get ranges(): [number, number][] {
      return reads.map(({ offset, length }) => [offset, length]);
    },
    async read(offset, length, signal) {
      const read = { offset, length, signal };
      reads.push(read);
      await gate(read);
      return source.read(offset, length);
    },
  };
}

/** A gate that stays shut until it is opened. */
export function shutGate(): { wait: () => Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { wait: () => opened, open };
}
