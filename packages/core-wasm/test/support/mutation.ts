/** Damages compressed data in the ways that storage, transfer and attackers do. */
import { concat, type Random } from "./samples.js";

export function mutate(source: Uint8Array, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = Uint8Array.from(source);
  for (let left = 1 + random.below(3); left > 0; left--) bytes = mutateOnce(bytes, corpus, random);
  return bytes;
}

function mutateOnce(bytes: Uint8Array<ArrayBuffer>, corpus: readonly Uint8Array[], random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const end = Math.min(at + 1 + random.below(8), bytes.length);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(end);
  switch (random.below(11)) {
    case 0:
      return concat(before);
    case 1:
      return concat(before, after);
    case 2:
      return concat(before, random.bytes(1 + random.below(4)), bytes.subarray(at));
    case 3:
      return concat(before, bytes.subarray(at, end), bytes.subarray(at));
    case 4: {
      const other = corpus[random.below(corpus.length)] ?? bytes;
      return concat(before, other.subarray(random.below(other.length)));
    }
    case 5:
      return concat(bytes, new Uint8Array(random.below(9)));
    case 6:
      return setByte(bytes, at, random.below(2) * 255);
    case 7:
      return setByte(bytes, at, random.below(256));
    // Headers and tables, where damage has the greatest effect, are near the start.
    case 8:
      return flip(bytes, random.below(Math.min(bytes.length, 24)), random);
    default:
      return flip(bytes, at, random);
  }
}

function setByte(bytes: Uint8Array<ArrayBuffer>, at: number, value: number): Uint8Array<ArrayBuffer> {
  if (at < bytes.length) bytes[at] = value;
  return bytes;
}

function flip(bytes: Uint8Array<ArrayBuffer>, at: number, random: Random): Uint8Array<ArrayBuffer> {
  return setByte(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
}
