import type { FileHeader } from "../format/file-header.js";
import { hexText } from "../format/layout/uuid-text.js";

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
