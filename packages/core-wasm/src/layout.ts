/**
 * The memory layout that kernels and facades share: byte offsets of fields in the areas of linear memory, sizes, and codes that kernels
 * return. The AssemblyScript of the kernels and the TypeScript of the facades both import this file, so that no number is written twice.
 *
 * Both compilers have to understand it: it holds constants that are plain integers, and nothing else. AssemblyScript takes each for an
 * i32. All fields are little-endian. File offsets in f64 are exact integers below 2^53, so that JavaScript needs no BigInt.
 */

/** Bytes of a BLAKE3 digest. */
export const HASH_BYTES = 32;

// The block header (specification, block header): bytes, and offsets of the fields that are read as bytes.

export const HEADER_BYTES = 80;
export const HEADER_BLOCK_UUID = 16;
export const HEADER_PARENT_UUID = 32;
export const HEADER_PREV_HASH = 48;

// Block record: one per block that was walked. The bytes from 20 to 32 are zero.

export const RECORD_BYTES = 64;
/** f64, file offset of the header. */
export const RECORD_OFFSET = 0;
/** u32. */
export const RECORD_LENGTH = 8;
/** u16, followed by the Flags. */
export const RECORD_TYPE = 12;
export const RECORD_FLAGS = 14;
/** u16, followed by the reserved field. */
export const RECORD_VERSION = 16;
export const RECORD_RESERVED = 18;
export const RECORD_UUID = 32;
export const RECORD_PARENT_UUID = 48;

// Result of `walkBlocks`, 16 bytes.

/** f64, file offset of the next header. */
export const WALK_NEXT = 0;
/** u32, records written. */
export const WALK_COUNT = 8;
/** u32, why the walk stopped: a `WalkStatus` of assembly/blocks.ts. */
export const WALK_STATUS = 12;

// Descriptor of one message in a batch of BLAKE3, 16 bytes.

export const DESCRIPTOR_BYTES = 16;
/** u32, address of the message. */
export const DESCRIPTOR_MESSAGE = 0;
/** u32, bytes of the message. */
export const DESCRIPTOR_LENGTH = 4;
/** u32, address of the digest; it must not overlap a message of the batch. */
export const DESCRIPTOR_OUTPUT = 8;

// Broken link of the hash chain: the record of a block whose PrevHash is not the hash of the element before it.

export const BREAK_BYTES = 88;
/** f64, index of the block. */
export const BREAK_INDEX = 0;
/** f64, file offset of the block. */
export const BREAK_OFFSET = 8;
/** f64, file offset of the element before it. */
export const BREAK_PREVIOUS_OFFSET = 16;
/** Hash of the element before it, as computed. */
export const BREAK_COMPUTED = 24;
/** PrevHash as stored. */
export const BREAK_STORED = 56;

// Chain area: the state of one pass over a file by one thread (assembly/chain.ts).

/** u64, file offset of the next byte to hash. */
export const CHAIN_OFFSET = 0;
/** u64, file offset of the element whose hash is CHAIN_PREVIOUS_HASH. */
export const CHAIN_PREVIOUS_OFFSET = 8;
/** u32, blocks started. */
export const CHAIN_BLOCKS = 16;
/** u32, payload bytes of the last block that are still to come. */
export const CHAIN_PAYLOAD_LEFT = 20;
/** u32, bytes of an incomplete header in CHAIN_HEADER. */
export const CHAIN_GATHERED = 24;
/** u32, 1 once no further block can be found. */
export const CHAIN_ENDED = 28;
/** u32, one of the three states of End-of-Capture below. */
export const CHAIN_EOC_STATE = 32;
/** u32, index of the End-of-Capture block. */
export const CHAIN_EOC_INDEX = 36;
/** u32, bytes of FileHash in CHAIN_EOC_STORED. */
export const CHAIN_EOC_FILLED = 40;
/** u32, entries in CHAIN_BREAK_TABLE. */
export const CHAIN_BREAKS = 44;
/** u64, file offset of End-of-Capture. */
export const CHAIN_EOC_OFFSET = 48;
/** u64, file offset of the end of End-of-Capture. */
export const CHAIN_EOC_END = 56;
/** Hash of the element before the next block; valid between blocks. */
export const CHAIN_PREVIOUS_HASH = 64;
/** FileHash as stored. */
export const CHAIN_EOC_STORED = 96;
/** Hash of all bytes before End-of-Capture. */
export const CHAIN_EOC_COMPUTED = 128;
/** 80 bytes, a header that arrives in pieces. */
export const CHAIN_HEADER = 160;
/** Records of broken links. */
export const CHAIN_BREAK_TABLE = 256;
export const CHAIN_MAX_BREAKS = 64;

export const EOC_NONE = 0;
/** The End-of-Capture block has begun. */
export const EOC_INSIDE = 1;
export const EOC_COMPLETE = 2;

// Slabs: the parts of a file that several threads hash side by side. The bytes of a slab lie in a window: GUARD_BYTES before the slab,
// the slab, LOOKAHEAD_BYTES behind it, as far as the file has them.

/** One BLAKE3 chunk: any chunk of a block that ends in the slab lies in the window. */
export const GUARD_BYTES = 1024;
/** Room for a block header and FileHash, rounded up to a multiple of 64. */
export const LOOKAHEAD_BYTES = 128;
/** The largest slab whose subtrees a slot has room for (assembly/slabs/slot.ts). */
export const MAX_SLAB_BYTES = 33554432;

// Slab area: the state of one thread while it hashes one slab (assembly/slabs/area.ts).

/** u64, file offset of the slab. */
export const SLAB_START = 0;
/** u64, file offset of the slab's end. */
export const SLAB_END = 8;
/** u64, bytes of the file. */
export const SLAB_SIZE = 16;
/** u64, file offset of the end of those bytes of the slab that FileHash covers. */
export const SLAB_FILE_END = 24;
/** u64, file offset of the next header to look at. */
export const SLAB_NEXT = 32;
/** u64, file offset of the element before that header. */
export const SLAB_PREVIOUS = 40;
/** u32, index of the next block. */
export const SLAB_INDEX = 48;
/** u32, 1 if the chain had ended before the slab. */
export const SLAB_ENDED = 52;
/** u32, address of the byte at SLAB_START. */
export const SLAB_ADDRESS = 56;
/** u32, 1 once the work that is done once per slab is done. */
export const SLAB_STARTED = 60;
/** u32, entries in SLAB_BREAK_TABLE. */
export const SLAB_BREAKS = 64;
/** Records of broken links. */
export const SLAB_BREAK_TABLE = 128;
export const SLAB_MAX_BREAKS = 256;

// Relay: the state that the threads hashing one file share (assembly/slabs/relay.ts).

/** u64, file offset of the next block header; past the end of the file inside a truncated block. */
export const RELAY_NEXT = 0;
/** u64, file offset of the element before RELAY_NEXT: a block, or the file header at 0. */
export const RELAY_PREVIOUS = 8;
/** u32, blocks before RELAY_NEXT. */
export const RELAY_BLOCKS = 16;
/** u32, 1 if no block can be found at RELAY_NEXT. */
export const RELAY_ENDED = 20;
/** u32, 1 once an End-of-Capture block began. */
export const RELAY_EOC_FOUND = 24;
/** u32, index of the End-of-Capture block. */
export const RELAY_EOC_INDEX = 28;
/** u64, file offset of End-of-Capture. */
export const RELAY_EOC_OFFSET = 32;
/** u64, file offset of the end of End-of-Capture, perhaps past the end of the file. */
export const RELAY_EOC_END = 40;
/** FileHash as stored, if the file goes so far. */
export const RELAY_EOC_STORED = 64;

// Results of `mergeSlab`.

export const MERGED = 0;
/** The link behind a block that spans slabs is broken; its record was written. */
export const MERGED_BREAK = 1;
/** The subtrees do not fit together: a fault of this program. */
export const MERGED_MISFIT = 2;

// Page-state maps.

/** Output of `tallyPageStates`, 16 bytes: u32 each. */
export const TALLY_CAPTURED = 0;
export const TALLY_FAILED = 4;
export const TALLY_UNMAPPED = 8;
export const TALLY_RESERVED = 12;
/** Cursor of `writePageRuns`, 8 bytes, in u32 words: the page of the map at which the next run may begin. */
export const CURSOR_PAGE = 0;
/** u32 word, the state of the page before it. */
export const CURSOR_STATE = 1;
/** CURSOR_STATE before the first page. */
export const NO_STATE = 4;
/** `rankPage` of a page that is not captured. */
export const NOT_CAPTURED = -1;

// Report of a decoder: the first bytes of its workspace (assembly/codec/report.ts), u32 each.

export const REPORT_BYTES = 20;
export const REPORT_PRODUCED = 0;
export const REPORT_STOPPED_AT = 4;
export const REPORT_TRAILING_ZEROS = 8;
export const REPORT_PIECE = 12;
export const REPORT_REACH = 16;

/** How far back an LZ4 match may lie, in bytes. */
export const LZ4_REACH = 65535;

// Windows of scan.wasm.

/** Bytes behind a window that kernels may read. */
export const WINDOW_PADDING = 64;

// Patterns in linear memory (assembly/scan/verify.ts). An entry is one pattern: the header, then its values, then its masks.

/** u32, index of the pattern. */
export const ENTRY_PATTERN = 0;
/** u32, bytes of the pattern. */
export const ENTRY_LENGTH = 4;
/** u32, address of a u32 for each byte of the pattern: how many bytes from there on are equal to its start. 0 for a pattern that is short, or has masks. */
export const ENTRY_REACHES = 8;
/** u32, the search in which the next two fields were written. */
export const ENTRY_SEARCH = 12;
/** u32, offset of the start whose bytes are known to match the farthest; u32, offset behind the last one of these bytes. */
export const ENTRY_KNOWN_START = 16;
export const ENTRY_KNOWN_END = 20;
/** Values and masks are followed by zeros up to a multiple of 8 bytes each. */
export const ENTRY_VALUES = 24;

/** Patterns with more bytes than this, all of them compared whole, have a table of reaches. */
export const LONG_PATTERN = 128;

// Cursor of a search for patterns, 16 bytes.

/** u32, the offset to look at next. */
export const SEEK_AT = 0;
/** u32, address of the link whose pattern is to be compared next there; 0 if no bytes were looked at there. */
export const SEEK_LINK = 4;
/** u32, number of the search: another one for each window. */
export const SEEK_SEARCH = 8;
/** u32, steps that comparisons took. */
export const SEEK_STEPS = 12;
export const SEEK_CURSOR_BYTES = 16;

// Probes of a pattern (assembly/scan/rarity.ts): u32, u32, places of the two bytes that are rarest in memory.
export const PROBES_BYTES = 8;

// What leads to a pattern among many (assembly/scan/anchor-table.ts), 12 bytes for each pattern.

/** u32, where the longest consecutive bytes begin that are compared whole or without case; of a pattern with an anchor, where that begins. */
export const LEAD_START = 0;
/** u32, the number of these bytes, at least GRAM_BYTES; of an anchor, 1 or 2. */
export const LEAD_LENGTH = 4;
/** u32, 1 if one of these bytes is compared without case, else 0; of an anchor, how many values its bytes may have. */
export const LEAD_DETAIL = 8;
export const LEAD_BYTES = 12;

// Links to patterns among many, 16 bytes. Links that the same bytes lead to are a chain.

/** u32, address of the next link of the chain; 0 behind the last one. */
export const LINK_NEXT = 0;
/** u32, address of the entry. */
export const LINK_ENTRY = 4;
/** u32, bytes of the pattern before the place that leads to it. */
export const LINK_BEFORE = 8;
/** u32, the bytes of the pattern at that place, little-endian, with the bits of KEYED_FOLD; of an anchor, undefined. */
export const LINK_GRAM = 12;
export const LINK_BYTES = 16;

// Table of patterns with keys (assembly/scan/grams.ts).

/** Bytes of a gram, and the fewest bytes of a key. Patterns without as many consecutive bytes that may be a key have an anchor. */
export const GRAM_BYTES = 4;
/** u32, bytes between two places that are looked at; as many as there are grams in a key. */
export const KEYED_STRIDE = 0;
/** u32, or-ed to grams before they are hashed and compared: 0x20202020 if a pattern ignores case, else 0. */
export const KEYED_FOLD = 4;
/** u32, u32, powers of two: the filter has 2 to this power bytes, and as many heads there are. Leading bits of a hash are the index. */
export const KEYED_FILTER_BITS = 8;
export const KEYED_HEADS_BITS = 12;
/** What KEYED_FILTER_BITS may be. */
export const SMALL_FILTER_BITS = 15;
export const MEDIUM_FILTER_BITS = 18;
export const LARGE_FILTER_BITS = 22;
/** u32, address of the heads: u32 each, address of the first link of a chain, 0 if it has none. */
export const KEYED_HEADS = 16;
/** u32, 1 if no key has a byte that is 0, or above 0x7f: then the next two fields tell which bytes keys have. */
export const KEYED_CLASSED = 20;
/** 16 bytes, for each low half of a byte a bit for each high half that it has in keys; 16 bytes, for each high half its bit, 0 from 8 on. */
export const KEYED_CLASS_LOW = 24;
export const KEYED_CLASS_HIGH = 40;
/** The filter, and behind it 4 bytes more. */
export const KEYED_FILTER = 56;

// Search for text (assembly/scan/text.ts): encodings. UTF-16 characters begin at even or at odd offsets of the window.

export const TEXT_ASCII = 0;
/** Bytes that may belong to UTF-8: those of ASCII, and all from 0x80 on. */
export const TEXT_UTF8 = 1;
export const TEXT_UTF16_LE_EVEN = 2;
export const TEXT_UTF16_LE_ODD = 3;
export const TEXT_UTF16_BE_EVEN = 4;
export const TEXT_UTF16_BE_ODD = 5;

// Cursor of a search for text, 8 bytes.

/** u32, offset of the next block. */
export const TEXT_AT = 0;
/** u32, where the run begins that reaches the block before; 0xffffffff if there is none. */
export const TEXT_OPEN = 4;
export const TEXT_CURSOR_BYTES = 8;

// Setup of a search for words (assembly/scan/words.ts).

/** u64, the bits of a word that count. */
export const WORDS_MASK = 0;
/** u64, the least value of all intervals. */
export const WORDS_LEAST = 8;
/** u64, the greatest value of all intervals minus the least one. */
export const WORDS_SPAN = 16;
/** u32, number of intervals. */
export const WORDS_COUNT = 24;
/** u64 each: the first values of all intervals, then the last ones. */
export const WORDS_INTERVALS = 32;

// Cursor of a comparison of two windows (assembly/scan/differences.ts), 16 bytes.

/** u32, offset of the next block. */
export const DIFFER_AT = 0;
/** u32, where the range begins that may reach the next block; 0xffffffff if there is none. */
export const DIFFER_START = 4;
/** u32, offset behind the last byte of that range. */
export const DIFFER_END = 8;
/** u32, bytes of that range that differ. */
export const DIFFER_CHANGED = 12;
export const DIFFER_CURSOR_BYTES = 16;

// AES key schedules (assembly/scan/aes.ts): an entry for each schedule that was found.

/** u32, offset of the schedule. */
export const SCHEDULE_OFFSET = 0;
/** u32, words of the key (4, 6 or 8) with the SCHEDULE_* bits below. */
export const SCHEDULE_FORM = 4;
/** 32 bytes, the key in the byte order of FIPS 197; a shorter key is followed by any bytes. */
export const SCHEDULE_KEY = 8;
export const SCHEDULE_BYTES = 40;
/** The words of the key. */
export const SCHEDULE_KEY_WORDS = 0x0f;
/** The bytes of each word are reversed. */
export const SCHEDULE_REVERSED = 0x10;
/** The schedule is that of the equivalent inverse cipher: round keys in reverse order, all but the first and the last through InvMixColumns. */
export const SCHEDULE_INVERSE = 0x20;
