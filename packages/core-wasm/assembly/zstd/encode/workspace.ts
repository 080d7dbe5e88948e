/**
 * Workspace of the Zstandard encoder: everything that it keeps besides the output. `beginFrame` prepares it for the first block.
 *
 * Layout:
 *
 *   offset     content
 *        0     FrameEncoder: the frame, and state that lasts from block to block
 *      512     three SequenceTables
 *     1024     look-up tables of codes: of literals lengths below 64, of match lengths (less 3) below 128, u8
 *     1280     descriptions of the codes of literals lengths and of match lengths, u64: a slot for each
 *     2304     normalised counts of one distribution, i16 by symbol
 *     2560     symbol of every cell while an FSE table is built, u8
 *     3072     next cell of every symbol while an FSE table is built, u16
 *     3328     the description of one table, until it is known whether it is written
 *     3584     FSE tables: a predefined and a fitted one for each sequence code, one for Huffman weights
 *    14336     counts of Huffman weights, u32
 *    14400     normalised counts of the predefined distributions, i16: a slot for each code
 *    14784     buckets while literals are sorted, u16
 *    15808     the second table of counts while literals are counted, u32
 *    16832     Huffman codes, u32 by literal
 *    17856     literals sorted by their counts, u8: two lists
 *    18368     nodes of the Huffman tree: counts u32, parents u16, depths u8
 *    21952     lengths of Huffman codes, u8 by literal
 *    22208     Huffman weights, u8 by literal
 *    22464     literals of one search, with room for writing whole vectors
 *   153600     sequences of one search, u64; later their extra bits
 *   415744     codes of these sequences, u32
 *   546816     Segments: one for each page of content at most
 *   606208     hash tables of positions, u32
 */
import { MAXIMUM_BLOCK } from "../workspace";

export const SEQUENCE_TABLES_OFFSET: usize = 512;
export const LITERALS_LENGTH_CODES_OFFSET: usize = 1024;
export const MATCH_LENGTH_CODES_OFFSET: usize = 1088;
export const DESCRIPTIONS_OFFSET: usize = 1280;
export const DESCRIPTIONS_SLOT: usize = 512;
export const NORMALISED_OFFSET: usize = 2304;
export const CELL_SYMBOLS_OFFSET: usize = 2560;
export const NEXT_CELLS_OFFSET: usize = 3072;
export const STORED_TABLE_OFFSET: usize = 3328;
export const STORED_TABLE_BYTES: usize = 256;
export const FSE_TABLES_OFFSET: usize = 3584;
export const FSE_TABLE_SLOT: usize = 1536;
export const WEIGHT_COUNTS_OFFSET: usize = 14336;
export const PREDEFINED_OFFSET: usize = 14400;
export const PREDEFINED_SLOT: usize = 128;
export const BUCKETS_OFFSET: usize = 14784;
export const PARTIAL_COUNTS_OFFSET: usize = 15808;
export const HUFFMAN_CODES_OFFSET: usize = 16832;
export const SORTED_OFFSET: usize = 17856;
export const NODE_COUNTS_OFFSET: usize = 18368;
export const NODE_PARENTS_OFFSET: usize = 20416;
export const NODE_DEPTHS_OFFSET: usize = 21440;
export const CODE_LENGTHS_OFFSET: usize = 21952;
export const WEIGHTS_OFFSET: usize = 22208;
export const LITERALS_OFFSET: usize = 22464;
export const SEQUENCES_OFFSET: usize = 153600;
export const SEQUENCE_CODES_OFFSET: usize = 415744;
export const SEGMENTS_OFFSET: usize = 546816;
export const HASH_TABLES_OFFSET: usize = 606208;

@unmanaged
export class FrameEncoder {
  /** Address of the frame's content. */
  content: usize;
  /** No match reaches further back. */
  windowSize: u32;
  /** log2 of the number of slots of the hash tables. Only the default level uses the long table. */
  shortTableLog: u32;
  longTableLog: u32;

  /** The last two match offsets, latest first. The encoder never refers to the third one that the format has. */
  offset1: u32;
  offset2: u32;

  /** Sequences and bytes of literals that the last search has found. */
  sequenceCount: u32;
  literalsLength: u32;

  at(offset: usize): usize {
    return changetype<usize>(this) + offset;
  }
}
