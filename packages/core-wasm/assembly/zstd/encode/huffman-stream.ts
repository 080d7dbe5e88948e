/**
 * Bitstreams of Huffman codes (RFC 8878, sections 4.1 and 4.2.2), written from the last literal to the first.
 *
 * Writes up to 8 bytes from where the stream ends on, which its caller has room for.
 */
import { CODE_SHIFT } from "./huffman-codes";

/** Codes that fit into a word beside the 7 bits that are left from before. */
const CODES_PER_WORD: usize = 5;

/** Writes the codes of `length` literals. Returns the end of the stream. */
export function writeStream(output: usize, literals: usize, length: usize, codes: usize): usize {
  let word: u64 = 0;
  // Codes add their number of bits in the low byte; what they leave above it does no harm, since shifts take 6 bits.
  let bits: u32 = 0;
  let at = literals + length;
  while (at - literals >= CODES_PER_WORD) {
    at -= CODES_PER_WORD;
    let code = codeOf(codes, load<u8>(at, 4));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits += code;
    code = codeOf(codes, load<u8>(at, 3));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits += code;
    code = codeOf(codes, load<u8>(at, 2));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits += code;
    code = codeOf(codes, load<u8>(at, 1));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits += code;
    code = codeOf(codes, load<u8>(at));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits = (bits + code) & 0xff;
    store<u64>(output, word);
    output += bits >> 3;
    word >>= <u64>(bits & 56);
    bits &= 7;
  }
  while (at > literals) {
    at--;
    const code = codeOf(codes, load<u8>(at));
    word |= (<u64>(code >> CODE_SHIFT)) << (<u64>bits);
    bits = (bits + code) & 0xff;
  }
  // The end mark. At most 4 codes and it follow the 7 bits that were left.
  word |= (<u64>1) << (<u64>bits);
  store<u64>(output, word);
  return output + (bits >> 3) + 1;
}

@inline
function codeOf(codes: usize, literal: usize): u32 {
  return load<u32>(codes + (literal << 2));
}
