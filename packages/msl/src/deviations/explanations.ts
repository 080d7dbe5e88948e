/**
 * What each deviation of the catalogue departs from and what that means for the evidence: texts for `lint`, apart from the catalogue because readers do without
 * them. Each entry: the topic of the specification; what it expects; what a departure means.
 */
import type { LintId } from "./catalogue.js";

export const EXPLANATIONS = {
  "HDR-MAGIC": [
    "file header",
    "MEMSLICE as the first 8 bytes",
    "The file is no capture, or its start was overwritten: it cannot be read.",
  ],
  "HDR-ENDIAN": [
    "file header",
    "Endianness 1 (little-endian)",
    "Only drafts of 1.0 allowed big-endian integers; 1.1 readers refuse the file.",
  ],
  "HDR-SIZE": [
    "file header",
    "HeaderSize 64, or 128 if Encrypted is set",
    "Readers find block 0 by HeaderSize: with a wrong one, blocks are lost.",
  ],
  "HDR-VERSION-BYTES": [
    "dialects",
    "Version as a u16: bytes 01 01 for 1.1",
    "libmsl and memslicer 0.1 wrote the file; 1.1 readers see major version 0 and refuse it.",
  ],
  "HDR-VERSION-OLD": [
    "file header",
    "Version 1.1",
    "A draft before 1.1 or memslicer 0.2: details differ, and the content decides how blocks are read.",
  ],
  "HDR-VERSION-NEW": ["file header", "Version 1.1", "A newer version may mean fields that this reader does not know."],
  "HDR-RESERVED": [
    "file header",
    "Zero in reserved bytes, flags and unused parameters",
    "A producer of another version, or altered bytes; readers ignore the values.",
  ],
  "HDR-FLAGS-D3": [
    "dialects",
    "Flag bit 1 for Investigation captures only",
    "A draft of 2026-03-15: the bit says that key hints are there, not that the system was examined.",
  ],
  "HDR-CAPBITMAP": [
    "file header",
    "A bit of CapBitmap for each kind of block that is there, and no other",
    "Announced and missing blocks point to an acquisition that was broken off; trust the blocks, not the bits.",
  ],
  "HDR-HASHALGO": [
    "file header",
    "HashAlgo 0 BLAKE3, 1 SHA-256 or 2 SHA-512/256",
    "Nothing in the capture can be verified with another algorithm.",
  ],
  "HDR-BLOCKCOUNT": [
    "file header",
    "BlockCount 0, or the number of blocks including End-of-Capture",
    "Blocks were cut off, removed or added after the header was written.",
  ],
  "HDR-ENUM": ["file header", "A registered code", "The value is kept and shown as a number."],
  "UUID-VERSION": [
    "primitives",
    "A UUID of version 4 (RFC 9562)",
    "The producer makes other UUIDs, or the bytes were altered; references work all the same.",
  ],
  "UUID-NIL": [
    "primitives",
    "A UUID that is not nil; only ParentUUID may be",
    "The dump, block or reference has no identity: others cannot refer to it for certain.",
  ],
  "UUID-DUP": [
    "primitives",
    "A BlockUUID of its own for each block",
    "References mean the first block with the UUID; a block may have been inserted to shadow another.",
  ],
  "BLK-LENGTH": [
    "block header",
    "BlockLength of 80 or more",
    "Where the next block starts is unknown: everything behind it is lost to a reader that does not search.",
  ],
  "BLK-TRUNCATED": [
    "block header",
    "A BlockLength that ends within the data",
    "The file was cut off, or the length was altered; only the bytes that are there can be read.",
  ],
  "BLK-FRAMING": [
    "block header",
    "MSLC where a block ends",
    "Bytes were altered, inserted or removed here; blocks behind can only be found by a search.",
  ],
  "BLK-TYPE0": [
    "block types",
    "A type other than 0x0000",
    "No producer writes the type: the header of the block was probably overwritten.",
  ],
  "BLK-RESERVED": [
    "block header",
    "Zero in reserved bytes and flags",
    "A producer of another version, or altered bytes; readers ignore the values.",
  ],
  "BLK-PAYLOADVERSION": [
    "block header",
    "PayloadVersion 1",
    "The layout of the payload may be another one: 1.1 readers skip the block.",
  ],
  "BLK-COMPALGO": [
    "compression",
    "A CompAlgo of 1 or 2 with Compressed, and 0 without",
    "Whether and how the payload is compressed is in doubt; with CompAlgo 3 it cannot be read.",
  ],
  "BLK-PADDING": [
    "block header",
    "A BlockLength that ends with the last field",
    "memslicer, its fork and libmsl pad payloads to 8 bytes; harmless.",
  ],
  "PAY-RESERVED": [
    "payloads",
    "Zero in reserved fields and bits",
    "A producer of another version, or altered bytes; readers ignore the values.",
  ],
  "TYP-UNSPECIFIED": ["block types", "A type whose payload 1.1 defines", "1.1 readers skip the block; its bytes are kept."],
  "EXT-MEMSLICER": [
    "dialects",
    "A type or a field of 1.1",
    "memslicer's own extension: 1.1 readers skip it, this one decodes it.",
  ],
  "EXT-MEMDIVER": ["dialects", "A type or a field of 1.1", "MemDiver's own extension: 1.1 readers skip it, this one decodes it."],
  "EXT-THREAD": [
    "dialects",
    "No Thread Context: 1.1 reserves the type",
    "Three programs write and read registers in this layout, which only a proposal defines.",
  ],
  "THR-CURRENT": [
    "dialects",
    "Exactly one current thread",
    "The first one with the flag, or else the first of all, counts as the current thread.",
  ],
  "THR-DUP": [
    "dialects",
    "One Thread Context for each thread",
    "Captures by gdb have the current thread twice; the first block counts, both are kept.",
  ],
  "THR-ROLE": [
    "dialects",
    "One register flagged PC and one flagged SP",
    "Where the thread was executing, or where its stack is, is unknown.",
  ],
  "THR-STATE": ["dialects", "ThreadState 0 to 4", "The state is shown as a number."],
  "CMP-NOPREFIX": [
    "compression",
    "UncompressedSize before the compressed data",
    "MemDiver writes none; 1.1 readers refuse the block, because they check the size.",
  ],
  "CMP-SIZE": [
    "compression",
    "Data that decompress to UncompressedSize bytes",
    "The compressed data are damaged or lie about their size: the content of the block is lost.",
  ],
  "CMP-LZ4SHAPE": [
    "compression",
    "An LZ4 block with its size before it",
    "The specification does not say which form of LZ4; other programs may not read this one.",
  ],
  "CMP-TRAILING": [
    "compression",
    "Nothing behind the compressed data",
    "memslicer pads; its own reader cannot read most padded LZ4 blocks.",
  ],
  "CMP-LIMIT": [
    "limits",
    "A size within the limits of this reader",
    "The content may be sound, and was not examined: a higher limit reads it.",
  ],
  "REF-DANGLING": [
    "references",
    "A reference to a block of the capture",
    "The block was cut off or removed, or the reference altered; the block with it is kept.",
  ],
  "REF-CYCLE": [
    "references",
    "Parents that end at a block without one",
    "No producer makes loops: the references were altered, or made to confuse readers.",
  ],
  "REF-PARENT": [
    "references",
    "Module Entries below the Module List Index, system tables below the System Context",
    "Readers that follow parents do not find the block.",
  ],
  "REF-FLAGS": [
    "block header",
    "HasChildren and HasKeyHints set exactly where blocks refer to the block",
    "The blocks decide, and the flags are hints; announced and missing blocks may have been removed.",
  ],
  "ORD-IDENTITY": [
    "block order",
    "Process Identity as block 0",
    "What the captured process was is unknown, or its block was moved or removed.",
  ],
  "ORD-MODLIST": [
    "block order",
    "Module List Index as block 1",
    "Some producers write none without modules; otherwise the list was lost.",
  ],
  "ORD-PROVENANCE": [
    "import",
    "Import Provenance as block 0 exactly where Imported is set",
    "Whether the capture was acquired or converted from another file is in doubt.",
  ],
  "ORD-SYSCTX": [
    "block order",
    "System Context as block 2 of an Investigation capture",
    "memslicer and MemDiver write it behind the modules; readers take the first one anywhere.",
  ],
  "INT-CHAIN": [
    "integrity",
    "PrevHash equal to the hash of the element before",
    "That element or this PrevHash was altered, or blocks were inserted, removed or reordered.",
  ],
  "INT-FILEHASH": [
    "integrity",
    "FileHash equal to the hash of all bytes before End-of-Capture",
    "Something in the capture was altered after it was finished.",
  ],
  "INT-ANCHOR-ZERO": [
    "integrity",
    "The hash of the header as PrevHash of block 0",
    "MemDiver writes zeros: the chain does not protect the header.",
  ],
  "INT-HEADER-EDITED": [
    "integrity",
    "Hashes that match the header as it is",
    "The header was changed after it was hashed, in a way that is known; it is explained, not intact.",
  ],
  "INT-ALGO-MIX": [
    "integrity",
    "One hash algorithm, the one that HashAlgo names",
    "The producer hashed with another algorithm than it says, as MemDiver does without its BLAKE3 library.",
  ],
  "INT-ENC-PREVHASH": [
    "encryption",
    "A PrevHash of zeros in an encrypted capture",
    "The tag protects the blocks; a producer wrote more than it should.",
  ],
  "EOC-MISSING": [
    "integrity",
    "An End-of-Capture as the last block",
    "The acquisition was broken off, the file was cut off, or the producer writes none; the last block is unprotected.",
  ],
  "EOC-SHORT": [
    "integrity",
    "End-of-Capture with 48 bytes of payload",
    "MemDiver leaves the reserved bytes out; FileHash counts all the same.",
  ],
  "EOC-TRAILING": [
    "integrity",
    "Nothing behind End-of-Capture",
    "The bytes were added after the capture was finished: no hash covers them, and they are not part of it.",
  ],
  "EOC-OVERLAY": [
    "dialects",
    "The End-of-Capture of the acquisition",
    "memslicer's enrichment tool replaced the end of the capture, with hashes that match nothing.",
  ],
  "REG-PAGESIZE": [
    "payloads: Memory Region",
    "PageSizeLog2 from 10 to 40",
    "The pages of the region cannot be told apart: its memory cannot be read.",
  ],
  "REG-ALIGN": [
    "payloads: Memory Region",
    "A RegionSize that is a multiple of the page size",
    "The region ends inside a page: which page states belong to it is in doubt.",
  ],
  "REG-WRAP": [
    "payloads: Memory Region",
    "A region that ends at 2^64 or before",
    "The addresses of the region do not exist: address or size is wrong.",
  ],
  "REG-LEGACY": [
    "dialects",
    "The region layout of 1.1",
    "MSL 0.1 or a draft; 1.1 readers misread or refuse the block, this one decodes it.",
  ],
  "REG-SHORTDATA": [
    "payloads: Memory Region",
    "The bytes of every page that is captured by its state",
    "The missing bytes are unknown, and never zeros. memslicer writes short last pages; if others are short, pages behind them are shifted.",
  ],
  "REG-SURPLUS": [
    "payloads: Memory Region",
    "No more bytes than the captured pages need",
    "The surplus belongs to no address; the page-state map may have been altered.",
  ],
  "REG-STATE3": [
    "payloads: Memory Region",
    "Page states captured, failed or unmapped",
    "The reserved state has no bytes and counts as failed.",
  ],
  "REG-MAPPAD": [
    "payloads: Memory Region",
    "Zero in the unused bits of the page-state map",
    "A producer of another version, or altered bytes; readers ignore the bits.",
  ],
  "REG-OVERLAP": [
    "payloads: Memory Region",
    "Regions that share no address",
    "Legal where mappings changed during the capture; a captured page wins, then the later time.",
  ],
  "REG-EMPTY": ["payloads: Memory Region", "A region of at least one page", "The block says nothing about memory."],
  "REG-CONT": [
    "continuation",
    "Fragments that continue each other without gaps",
    "A part of the region is missing, or stands alone; no bytes are invented for it.",
  ],
  "STR-UTF8": [
    "primitives",
    "Well-formed UTF-8",
    "The stored bytes are kept beside the text; names of other programs may be bytes, not text.",
  ],
  "STR-NUL": [
    "primitives",
    "One NUL, as the last byte that the length counts",
    "The text ends at the first NUL; bytes behind it may be hidden from readers.",
  ],
  "STR-PAD": [
    "primitives",
    "Zero in the padding",
    "Bytes may be hidden in the padding, or the producer does not clear its memory.",
  ],
  "STR-PADDEDLEN": ["dialects", "A length without the padding", "libmsl and memslicer 0.1 count it; the text is the same."],
  "STR-OVERRUN": [
    "limits",
    "Lengths and counts that fit the payload",
    "The block is damaged or made to mislead readers; complete entries are kept.",
  ],
  "MOD-COUNTONLY": [
    "dialects",
    "An entry for each module",
    "libmsl and memslicer 0.1 write the count alone; modules come from their own blocks.",
  ],
  "MOD-SHORT": ["dialects", "BlobLen and NativeBlob behind DiskHash", "MemDiver leaves them out; nothing else is missing."],
  "MOD-MISMATCH": [
    "payloads: Module List Index",
    "The same modules in the index and in Module Entries",
    "A Module Entry was cut off or removed, or one of both was altered; both are kept.",
  ],
  "SYS-LAYOUT-B": [
    "dialects",
    "The System Context of the specification",
    "memslicer 0.2.4 and later write another layout under the same type; 1.1 readers misread it.",
  ],
  "SYS-TAIL": [
    "dialects",
    "A System Context that ends with CaseRef",
    "MemDiver adds uptime and OS version; 1.1 readers ignore them.",
  ],
  "SYS-BITMAP": [
    "payloads: System Context",
    "A bit of TableBitmap for each system table that is there, and no other",
    "A table was not collected, cut off or removed; trust the blocks, not the bits.",
  ],
  "CON-TYPE": ["dialects", "Type 0x0055 for a Connectivity Table", "memslicer writes 0x0054, which 1.1 readers skip."],
  "CON-ROW": [
    "payloads: Connectivity Table",
    "Rows as long as the fields of their type",
    "The row cannot be read, and its bytes are kept.",
  ],
  "HND-WIDE": [
    "payloads: Handle Table",
    "Zero in the byte behind HandleType",
    "MemDiver writes two bytes with codes of its own: the number counts, not the name.",
  ],
  "LEN-EXTRA": [
    "block header",
    "A payload that ends with its last field",
    "Other producers add fields, such as digests of files; 1.1 readers ignore the bytes.",
  ],
  "KEY-RANGE": [
    "payloads: Key Hint",
    "A key inside the page data of its region",
    "The key cannot be found at the place that the hint names.",
  ],
  "KEY-AMBIGUOUS": [
    "payloads: Key Hint",
    "An offset in page data",
    "Some producers count from BaseAddr instead: both places are possible, and both are shown.",
  ],
  "RED-FLAG": [
    "file header",
    "Redacted set where fields were emptied",
    "Empty fields mean that nothing was captured; with Redacted, that it was removed.",
  ],
  "ENC-SIZE": [
    "encryption",
    "HeaderSize 128 with Encrypted",
    "The encryption parameters cannot be found: the capture cannot be opened.",
  ],
  "ENC-PARAM": [
    "encryption",
    "Registered codes, and parameters that the mechanism uses",
    "The capture cannot be opened, or was not encrypted as its header says.",
  ],
  "ENC-KDFWEAK": [
    "encryption",
    "Argon2id with 3 passes, 64 MiB and 4 lanes or more",
    "The passphrase is easier to guess than the specification allows.",
  ],
  "ENC-KEMLEN": [
    "encryption",
    "A KEM ciphertext as long as the mechanism makes it",
    "Where the ciphertext of the blocks begins is in doubt: the capture cannot be opened.",
  ],
  "ENC-DUAL": [
    "encryption",
    "A passphrase or a KEM",
    "How both make one key is not defined: only the key itself opens the capture.",
  ],
  "ENC-BLOCKCOUNT": [
    "encryption",
    "BlockCount 0 in an encrypted capture",
    "The header can be read without the key, and tells how many blocks there are.",
  ],
} as const satisfies Record<LintId, readonly [section: string, expected: string, meaning: string]>;
