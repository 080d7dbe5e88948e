/**
 * Inputs for compression: memory-like bytes in three sizes, and other content, so that an encoder that suits only one kind is noticed.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memoryLike } from "../../../captures/memory-like.js";
import { Random } from "../../../captures/random.js";

const KIB = 1024;
const MIB = 1024 * KIB;
const SAMPLES = fileURLToPath(new URL("../../../../../../fixtures/captures", import.meta.url));

export interface Content {
  readonly name: string;
  /** Whether the promised speeds apply to this content. */
  readonly isMemoryLike: boolean;
  readonly bytes: Uint8Array;
}

export function* contents(quick: boolean): Generator<Content> {
  yield memory("64 KiB", 64 * KIB);
  yield memory("4 MiB", 4 * MIB);
  if (quick) return;
  yield memory("64 MiB", 64 * MIB);
  yield { name: "sample captures", isMemoryLike: false, bytes: samples(".msl") };
  yield { name: "JSON text", isMemoryLike: false, bytes: samples(".json") };
  yield { name: "2 MiB of zeros", isMemoryLike: false, bytes: new Uint8Array(2 * MIB) };
  yield { name: "2 MiB of noise", isMemoryLike: false, bytes: new Random(1).bytes(2 * MIB) };
}

function memory(label: string, size: number): Content {
  return { name: `${label} of memory-like data`, isMemoryLike: true, bytes: memoryLike(size) };
}

/** The concatenated files of the project's samples: captures, or their recorded values. */
function samples(extension: string): Uint8Array {
  const files = readdirSync(SAMPLES).filter((name) => name.endsWith(extension));
  return Buffer.concat(files.sort().map((name) => readFileSync(join(SAMPLES, name))));
}
