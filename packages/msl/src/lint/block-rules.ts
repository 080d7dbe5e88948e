/**
 * Rules for the file header, block headers and block types.
 *
 * With relation-rules.ts and payload-rules.ts the one table of all lint ids. Each row: the severity (E breaks a MUST, W a SHOULD or a known dialect, I is information); the departure
 * in a few words; the topic of the specification; what it expects; what a departure means for the evidence. `npm run reference` writes
 * deviations/catalogue.ts, which readers load, and docs/deviations.md from it.
 */

/** Severity, departure, topic, expectation, meaning. */
export type RuleRow = readonly [severity: "E" | "W" | "I", title: string, section: string, expected: string, meaning: string];

export const BLOCK_RULES = {
  "HDR-MAGIC": [
    "E",
    "File magic is not MEMSLICE",
    "file header",
    "MEMSLICE as the first 8 bytes",
    "The file is no capture, or its start was overwritten: it cannot be read.",
  ],
  "HDR-ENDIAN": [
    "E",
    "Endianness is not little-endian",
    "file header",
    "Endianness 1 (little-endian)",
    "Only drafts of 1.0 allowed big-endian integers; 1.1 readers refuse the file.",
  ],
  "HDR-SIZE": [
    "E",
    "HeaderSize does not fit the header's flags",
    "file header",
    "HeaderSize 64, or 128 if Encrypted is set",
    "Readers find block 0 by HeaderSize: with a wrong one, blocks are lost.",
  ],
  "HDR-VERSION-BYTES": [
    "E",
    "Version stored as two bytes, major first (MSL 0.1)",
    "dialects",
    "Version as a u16: bytes 01 01 for 1.1",
    "libmsl and memslicer 0.1 wrote the file; 1.1 readers see major version 0 and refuse it.",
  ],
  "HDR-VERSION-OLD": [
    "W",
    "Minor version 0",
    "file header",
    "Version 1.1",
    "A draft before 1.1 or memslicer 0.2: details differ, and the content decides how blocks are read.",
  ],
  "HDR-VERSION-NEW": [
    "W",
    "Minor version above 1",
    "file header",
    "Version 1.1",
    "A newer version may mean fields that this reader does not know.",
  ],
  "HDR-RESERVED": [
    "E",
    "Reserved header bytes or flags are not zero",
    "file header",
    "Zero in reserved bytes, flags and unused parameters",
    "A producer of another version, or altered bytes; readers ignore the values.",
  ],
  "HDR-FLAGS-D3": [
    "W",
    "Header flag bit 1 used as CryptoHints",
    "dialects",
    "Flag bit 1 for Investigation captures only",
    "A draft of 2026-03-15: the bit says that key hints are there, not that the system was examined.",
  ],
  "HDR-CAPBITMAP": [
    "E",
    "CapBitmap disagrees with the blocks present",
    "file header",
    "A bit of CapBitmap for each kind of block that is there, and no other",
    "Announced and missing blocks point to an acquisition that was broken off; trust the blocks, not the bits.",
  ],
  "HDR-HASHALGO": [
    "E",
    "HashAlgo is not registered or not implemented",
    "file header",
    "HashAlgo 0 BLAKE3, 1 SHA-256 or 2 SHA-512/256",
    "Nothing in the capture can be verified with another algorithm.",
  ],
  "HDR-BLOCKCOUNT": [
    "E",
    "BlockCount differs from the blocks present",
    "file header",
    "BlockCount 0, or the number of blocks including End-of-Capture",
    "Blocks were cut off, removed or added after the header was written.",
  ],
  "HDR-ENUM": [
    "I",
    "Unknown OS, architecture or clock code",
    "file header",
    "A registered code",
    "The value is kept and shown as a number.",
  ],
  "HDR-DAMAGED": [
    "E",
    "Header field that cannot be right",
    "file header",
    "A field that readers know, in a header that is whole",
    "The header was overwritten: with salvage, the field is read as unknown, and Version as that of the blocks.",
  ],
  "UUID-VERSION": [
    "E",
    "UUID is not version 4",
    "primitives",
    "A UUID of version 4 (RFC 9562)",
    "The producer makes other UUIDs, or the bytes were altered; references work all the same.",
  ],
  "UUID-NIL": [
    "E",
    "Nil UUID where one is required",
    "primitives",
    "A UUID that is not nil; only ParentUUID may be",
    "The dump, block or reference has no identity: others cannot refer to it for certain.",
  ],
  "UUID-DUP": [
    "E",
    "BlockUUID occurs more than once",
    "primitives",
    "A BlockUUID of its own for each block",
    "References mean the first block with the UUID; a block may have been inserted to shadow another.",
  ],
  "BLK-LENGTH": [
    "E",
    "BlockLength below 80",
    "block header",
    "BlockLength of 80 or more",
    "Where the next block starts is unknown: everything behind it is lost to a reader that does not search.",
  ],
  "BLK-TRUNCATED": [
    "E",
    "BlockLength passes the end of the data",
    "block header",
    "A BlockLength that ends within the data",
    "The file was cut off, or the length was altered; only the bytes that are there can be read.",
  ],
  "BLK-FRAMING": [
    "E",
    "No block magic where the next block should start",
    "block header",
    "MSLC where a block ends",
    "Bytes were altered, inserted or removed here; blocks behind can only be found by a search.",
  ],
  "BLK-TYPE0": [
    "E",
    "BlockType 0x0000",
    "block types",
    "A type other than 0x0000",
    "No producer writes the type: the header of the block was probably overwritten.",
  ],
  "BLK-RESERVED": [
    "E",
    "Reserved block header bytes or flags are not zero",
    "block header",
    "Zero in reserved bytes and flags",
    "A producer of another version, or altered bytes; readers ignore the values.",
  ],
  "BLK-PAYLOADVERSION": [
    "W",
    "PayloadVersion is not 1",
    "block header",
    "PayloadVersion 1",
    "The layout of the payload may be another one: 1.1 readers skip the block.",
  ],
  "BLK-COMPALGO": [
    "E",
    "Compression flags contradict each other",
    "compression",
    "A CompAlgo of 1 or 2 with Compressed, and 0 without",
    "Whether and how the payload is compressed is in doubt; with CompAlgo 3 it cannot be read.",
  ],
  "BLK-PADDING": [
    "I",
    "Zero bytes after the structured payload",
    "block header",
    "A BlockLength that ends with the last field",
    "memslicer, its fork and libmsl pad payloads to 8 bytes; harmless.",
  ],
  "PAY-RESERVED": [
    "E",
    "Reserved payload bytes are not zero",
    "payloads",
    "Zero in reserved fields and bits",
    "A producer of another version, or altered bytes; readers ignore the values.",
  ],
  "TYP-UNSPECIFIED": [
    "E",
    "Block type without a specified payload",
    "block types",
    "A type whose payload 1.1 defines",
    "1.1 readers skip the block; its bytes are kept.",
  ],
} as const satisfies Record<string, RuleRow>;
