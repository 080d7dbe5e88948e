/** A scalar decoder of LZ4 blocks that checks the format's rules for the end of a block, which decoders need not check. */
const MINIMUM_MATCH = 4;
const LAST_LITERALS = 5;
const LAST_MATCH_DISTANCE = 12;

/** Throws for a block that a conforming encoder would not write. */
export function decodeLz4Strictly(block: Uint8Array, size: number): Uint8Array {
  const output = new Uint8Array(size);
  let at = 0;
  let produced = 0;
  const next = () => {
    const byte = block[at++];
    if (byte === undefined) throw new Error("The block ends inside a sequence");
    return byte;
  };
  const lengthOf = (nibble: number) => {
    if (nibble < 15) return nibble;
    let length = nibble;
    for (let more = 255; more === 255; length += more) more = next();
    return length;
  };
  let lastMatch: number | undefined;
  while (true) {
    const token = next();
    const literals = lengthOf(token >> 4);
    if (at + literals > block.length || produced + literals > size) throw new Error("Literals pass an end");
    output.set(block.subarray(at, at + literals), produced);
    at += literals;
    produced += literals;
    if (at === block.length) {
      if ((token & 15) !== 0) throw new Error("The last token announces a match");
      if (produced !== size) throw new Error(`The block holds ${produced} bytes, not ${size}`);
      if (lastMatch !== undefined && literals < LAST_LITERALS) throw new Error(`The block ends with ${literals} literals`);
      if (lastMatch !== undefined && lastMatch > size - LAST_MATCH_DISTANCE) {
        throw new Error(`The last match begins ${size - lastMatch} bytes before the end`);
      }
      return output;
    }
    const offset = next() | (next() << 8);
    const length = lengthOf(token & 15) + MINIMUM_MATCH;
    if (offset === 0 || offset > produced) throw new Error(`A match of offset ${offset} after ${produced} bytes`);
    if (produced + length > size) throw new Error("A match passes the end");
    lastMatch = produced;
    for (let i = 0; i < length; i++, produced++) output[produced] = output[produced - offset] ?? 0;
  }
}
