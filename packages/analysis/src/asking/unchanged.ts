/** Asks again and again whether memory was changed while a question looks at it. */
import type { CoverageCount } from "../coverage.js";
import type { Memory } from "../memory.js";

/** Milliseconds between two looks at a file: each takes some microseconds, and what was found before a change was noticed is not to be trusted. */
const EVERY_MS = 100;

/**
 * The answers of a question, as long as nobody writes to the memories. Throws `changed`, also at the end and where the caller leaves; and in place of an error
 * of the answers, which a change may have led to. After an error the coverage is not complete.
 */
export async function* unchanged<Answer>(
  memories: readonly Pick<Memory, "requireUnchanged">[],
  answers: AsyncIterable<Answer>,
  { coverage, signal }: { readonly coverage?: CoverageCount; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Answer, void, undefined> {
  const look = async () => {
    for (const memory of memories) await memory.requireUnchanged?.();
  };
  let lookedAt = performance.now();
  try {
    try {
      for await (const answer of answers) {
        if (performance.now() - lookedAt >= EVERY_MS) {
          await look();
          lookedAt = performance.now();
        }
        yield answer;
      }
    } finally {
      if (!signal?.aborted) await look();
    }
  } catch (error) {
    coverage?.fail();
    throw error;
  }
}
