/** The expected values of one capture, in the vocabulary of fixtures/README.md. */
import type { Walk, WalkedBlock } from "./byte-walk.js";
import type { Expectation, ExpectedBlock } from "./expectation.js";
import type { Integrity } from "./integrity.js";

/** Facts of a manifest about the file as a whole. */
export interface FileFacts {
  readonly name: string;
  readonly size: number;
  readonly fileBlake3: string;
  readonly writer: string;
  readonly notes: readonly string[];
  readonly features: readonly string[];
  readonly seed: number;
  readonly secrets: Readonly<Record<string, string>> | null;
}

export interface Manifest extends FileFacts {
  readonly file: string;
  readonly header: Expectation["header"];
  readonly encryption: Expectation["encryption"];
  readonly offsetsRelativeTo: "file" | "decrypted block stream";
  readonly blocks: readonly object[];
  readonly integrity: Integrity;
}

export function manifestOf(file: FileFacts, expected: Expectation, walk: Walk, integrity: Integrity): Manifest {
  const { name, size, fileBlake3, writer, notes, features, seed, secrets } = file;
  return {
    name,
    file: `${name}.msl`,
    size,
    fileBlake3,
    writer,
    notes,
    features,
    seed,
    secrets,
    header: expected.header,
    encryption: expected.encryption,
    offsetsRelativeTo: expected.encryption ? "decrypted block stream" : "file",
    blocks: blocksJson(name, expected.blocks, walk),
    integrity,
  };
}

/** Throws an `Error` if the bytes differ from the recipe, which means a mistake of the writer or of the walk. */
function blocksJson(name: string, expected: readonly ExpectedBlock[], walk: Walk): object[] {
  return walk.blocks.map((walked, index) => {
    const block = expected[index];
    if (!block) throw new Error(`${name}: block ${index} was not asked for`);
    for (const field of ["type", "flags", "payloadVersion", "uuid", "parentUuid"] as const) {
      if (walked[field] === block[field]) continue;
      throw new Error(`${name}: ${field} of block ${index} is ${walked[field]}, and ${block[field]} was asked for`);
    }
    return blockJson(name, index, block, walked, walk.end);
  });
}

function blockJson(name: string, index: number, block: ExpectedBlock, walked: WalkedBlock, end: Walk["end"]): object {
  const { type, typeName, flags, payloadVersion, uuid, parentUuid, compression } = block;
  const { offset, length, prevHash, afterEnd } = walked;
  const header = {
    index,
    offset,
    type,
    typeName,
    flags,
    length,
    payloadVersion,
    uuid,
    parentUuid,
    prevHash,
    compression,
    afterEoc: afterEnd,
  };
  if (!walked.stored) return { ...header, truncated: true };
  if (block.skipPayload !== undefined) return { ...header, skipPayload: block.skipPayload };
  if (block.invalidPayload !== undefined) return { ...header, invalidPayload: block.invalidPayload };
  const stored = compression === "none" ? walked.stored : undefined;
  if (stored && block.uncompressed && stored.blake3 !== block.uncompressed.blake3) {
    throw new Error(`${name}: the payload of block ${index} is not the one that was asked for`);
  }
  const { length: payloadLength, blake3: payloadBlake3 } = stored ?? block.uncompressed ?? { length: null, blake3: null };
  const payload = end?.index === index ? { fileHash: end.stored, ...block.payload } : block.payload;
  return { ...header, payloadLength, payloadBlake3, payload };
}
