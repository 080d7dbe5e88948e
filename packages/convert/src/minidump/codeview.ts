/**
 * CodeView records of modules. Sources: the public description of PDB files in LLVM ("RSDS", GUID, age, path) and minidump_format.h of Breakpad ("BpEL", build id).
 */

/** What a record says about the build of its module. */
export interface BuildIdentity {
  /** GUID (16 bytes as stored, in the order of Windows) and age (u32) of `RSDS`; the build id of `BpEL`. */
  readonly bytes: Uint8Array;
  readonly kind: "pdb" | "build-id";
}

const RSDS = 0x53445352;
const BPEL = 0x4270454c;
const GUID_AND_AGE = 20;
/** SHA-1 has 20 bytes; linkers can be told to write others. */
const BUILD_ID_MOST = 64;

/** Bytes of a record that `buildIdentity` needs. */
export const CODEVIEW_MOST = 4 + BUILD_ID_MOST;

/** The identity in the record; undefined for another kind of record, or one that is too short. */
export function buildIdentity(record: Uint8Array): BuildIdentity | undefined {
  if (record.length < 8) return undefined;
  const signature = new DataView(record.buffer, record.byteOffset, 4).getUint32(0, true);
  if (signature === RSDS && record.length >= 4 + GUID_AND_AGE) return { kind: "pdb", bytes: record.slice(4, 4 + GUID_AND_AGE) };
  if (signature === BPEL) return { kind: "build-id", bytes: record.slice(4, 4 + BUILD_ID_MOST) };
  return undefined;
}

/** The record of a module: `RSDS` with `path` for a PDB, `BpEL` for a build id. */
export function codeViewRecord({ kind, bytes }: BuildIdentity, path: string): Uint8Array {
  const name = kind === "pdb" ? new TextEncoder().encode(`${path}\0`) : new Uint8Array(0);
  const record = new Uint8Array(4 + bytes.length + name.length);
  new DataView(record.buffer).setUint32(0, kind === "pdb" ? RSDS : BPEL, true);
  record.set(bytes, 4);
  record.set(name, 4 + bytes.length);
  return record;
}
