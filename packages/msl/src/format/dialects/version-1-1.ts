/**
 * Who wrote a capture of version 1.1 whose first block is linked to the header, or that is encrypted: a conforming writer, reverseame/memslicer, or
 * radare2. The two programs are distinguished by choices that the specification leaves to every writer, so the answer can be wrong.
 */
import { isZero } from "../../bytes.js";
import { type SlicedWork, UNITS_PER_YIELD } from "../../sliced-work.js";
import { BLOCK_HEADER_SIZE } from "../block-header.js";
import { capBitmapOf } from "../capabilities.js";
import { BlockFlag, BlockType, compressionOf, HeaderFlag } from "../codes.js";
import { decodeEncryption, EncAlgo, KeyEncap } from "../encryption-extension.js";
import { connectivityOrBundle } from "../payloads/connectivity.js";
import { isThreadContext } from "../payloads/process-tables.js";
import { KERNEL_SYMBOL_BUNDLE } from "../payloads/producer-tables.js";
import { fittingContext, SYSTEM_CONTEXT_B } from "../payloads/system-tables.js";
import { type Evidence, firstOfType, MARKING_TYPES, mayBeRadare2 } from "./evidence.js";

export function* writerOf11(evidence: Evidence): SlicedWork<"specification-1.1" | "reverseame" | "radare2-dgm"> {
  const { versionMajor, versionMinor, byteOrder } = evidence.header;
  if (versionMajor !== 1 || versionMinor !== 1 || byteOrder !== "little") return "specification-1.1";
  if (isRadare2(evidence)) return "radare2-dgm";
  return (yield* isFork(evidence)) ? "reverseame" : "specification-1.1";
}

/** radare2's command `dgm` writes no parent, time or command line of the process, no modules, and regions without a type or a time of their own. */
function isRadare2(evidence: Evidence): boolean {
  const { header, records, count, peeked } = evidence;
  const identity = peeked.get(0)?.subarray(BLOCK_HEADER_SIZE);
  if (!mayBeRadare2(evidence) || !identity || identity.length < 24) return false;
  // PPID, SessionID and StartTime; CmdLineLen.
  if (![identity.subarray(0, 16), identity.subarray(18, 20)].every(isZero)) return false;
  let regions = 0;
  for (const [index, bytes] of peeked) {
    if (records.type(index) !== BlockType.MemoryRegion || index >= count) continue;
    const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < BLOCK_HEADER_SIZE + 32 || compressionOf(records.flags(index)) !== "none") return false;
    const [regionType, pageSizeLog2] = [bytes[BLOCK_HEADER_SIZE + 0x11], bytes[BLOCK_HEADER_SIZE + 0x12]];
    const timestamp = fields.getBigUint64(BLOCK_HEADER_SIZE + 0x18, true);
    if (regionType !== 0 || pageSizeLog2 !== 12 || timestamp !== header.timestampNs) return false;
    regions++;
  }
  return regions > 0;
}

/** The fork has the blocks of memslicer 0.2.7, and threads in front of the regions. */
function* isFork(evidence: Evidence): SlicedWork<boolean> {
  if (isNotForks(evidence)) return false;
  const { header, records, count, peeked } = evidence;
  for (const type of MARKING_TYPES) if (firstOfType(evidence, type) >= 0) return true;
  const region = firstOfType(evidence, BlockType.MemoryRegion);
  let threads = false;
  let otherContext = false;
  for (const [index, bytes] of peeked) {
    if (index >= count || compressionOf(records.flags(index)) !== "none") continue;
    const payload = bytes.subarray(BLOCK_HEADER_SIZE);
    const type = records.type(index);
    if (type === BlockType.SystemContext) {
      const fitting = fittingContext(payload);
      if (fitting === SYSTEM_CONTEXT_B) return true;
      otherContext ||= fitting !== undefined;
    }
    if (type === BlockType.ConnectivityTable && (yield* isFilledBundle(payload))) return true;
    const inFront = region < 0 || index < region;
    if (inFront && type === BlockType.ThreadContext) threads ||= yield* isThreadContext(payload, {});
  }
  const mayBe = threads && !otherContext && header.blockCount === 0 && header.clockSource === 0;
  return mayBe && (yield* hasForksBlocks(evidence));
}

const FORKS_FLAGS = HeaderFlag.Investigation | HeaderFlag.Encrypted;
const KEY_HINTS = capBitmapOf(new Set([BlockType.KeyHint]));

/**
 * Whether the header has values that the fork never writes. CapBitmap of the fork announces no Key Hints, even where there are some. The offsets of
 * its Key Hints count in another way than the specification has it, so that Key Hints of another writer must not be taken for the fork's.
 */
function isNotForks({ header, headerBytes }: Evidence): boolean {
  if ((header.flags & ~FORKS_FLAGS) !== 0 || (header.capBitmap & KEY_HINTS) !== 0n) return true;
  if (!header.encrypted) return false;
  // The fork has one cipher, and writes parameters of Argon2id even without a passphrase.
  const { encAlgo, keyEncap, kdfTime } = decodeEncryption(headerBytes, header, () => {});
  return encAlgo !== EncAlgo.Aes256Gcm || keyEncap !== KeyEncap.None || kdfTime === 0;
}

function* isFilledBundle(payload: Uint8Array): SlicedWork<boolean> {
  const { table } = yield* connectivityOrBundle(payload, { marked: false }, {}, { add: () => {} });
  return table === KERNEL_SYMBOL_BUNDLE;
}

/**
 * Whether the blocks are as the fork writes them: every payload is padded to 8 bytes, the Module List Index has the flag HasChildren and no other, all
 * Module Entries follow it directly, and without modules there is no index.
 */
function* hasForksBlocks(evidence: Evidence): SlicedWork<boolean> {
  const { records, count } = evidence;
  const index = firstOfType(evidence, BlockType.ModuleListIndex);
  if (index >= 0 && records.flags(index) !== BlockFlag.HasChildren) return false;
  let entries = 0;
  for (let i = 0; i < count; i++) {
    if (records.length(i) % 8 !== 0) return false;
    if (records.type(i) === BlockType.ModuleEntry && i !== index + ++entries) return false;
    if (i % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
  }
  return index < 0 ? entries === 0 : entries > 0;
}
