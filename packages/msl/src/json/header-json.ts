/** The headers of a capture as plain JSON values: of the file, of its encryption, of a block. */
import type { BlockInfo } from "../format/block-header.js";
import type { Encryption } from "../format/encryption-extension.js";
import type { FileHeader } from "../format/file-header.js";
import { hexText } from "../format/layout/uuid-text.js";
import type { JsonObject } from "./layout-json.js";

/** The file header as plain JSON values. */
export function headerJson(header: FileHeader) {
  return {
    endianness: header.endianness,
    headerSize: header.headerSize,
    versionRaw: hexText(header.versionBytes),
    versionMajor: header.versionMajor,
    versionMinor: header.versionMinor,
    flags: header.flags,
    capBitmap: String(header.capBitmap),
    dumpUuid: header.dumpUuid,
    timestampNs: String(header.timestampNs),
    osType: header.osType,
    osTypeName: header.osTypeName,
    archType: header.archType,
    archTypeName: header.archTypeName,
    pid: header.pid,
    clockSource: header.clockSource,
    clockSourceName: header.clockSourceName,
    blockCount: header.blockCount,
    hashAlgo: header.hashAlgo,
    hashAlgoName: header.hashAlgoName,
  };
}

/** How a capture is encrypted, as plain JSON values. */
export function encryptionJson(encryption: Encryption) {
  return {
    encAlgo: encryption.encAlgo,
    encAlgoName: encryption.encAlgoName,
    kdfType: encryption.kdfType,
    kdfTypeName: encryption.kdfTypeName,
    keyEncap: encryption.keyEncap,
    keyEncapName: encryption.keyEncapName,
    kdfTime: encryption.kdfTime,
    kdfMemoryKiB: encryption.kdfMemoryKiB,
    kdfLanes: encryption.kdfLanes,
    kemCtLen: encryption.kemCtLen,
    nonceHex: hexText(encryption.nonce),
    kdfSaltHex: hexText(encryption.kdfSalt),
    secret: encryption.secret,
  };
}

/** The header fields of a block, its index and its offset. */
export function blockInfoJson(block: BlockInfo): JsonObject {
  return {
    index: block.index,
    offset: block.offset,
    type: block.type,
    typeName: block.typeName,
    flags: block.flags,
    length: block.length,
    payloadVersion: block.payloadVersion,
    uuid: block.uuid,
    parentUuid: block.parentUuid,
    compression: block.compression,
    afterEoc: block.afterEoc,
    ...(block.salvageEvidence ? { salvaged: true, salvageEvidence: block.salvageEvidence } : {}),
  };
}
