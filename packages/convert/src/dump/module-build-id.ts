/** The build of a module in NativeBlob of its Module Entry, in the form that memslicer has there (FORMAT.md 4.2): length, source, flags, 0, build id. */

/** Source of the build id: bytes that the dump has. */
const CAPTURED = 4;
const HEAD = 4;
const SOURCES_MOST = 5;

/** NativeBlob for a build id of 1 to 255 bytes. */
export function buildIdBlob(buildId: Uint8Array): Uint8Array {
  return Uint8Array.of(buildId.length, CAPTURED, 0, 0, ...buildId);
}

/** The build id in a NativeBlob; undefined for a blob of another form, which each program writes as it likes. */
export function buildIdOf(blob: Uint8Array): Uint8Array | undefined {
  const [length = 0, source = 0, , reserved] = blob;
  const fits = length > 0 && blob.length === HEAD + length && source <= SOURCES_MOST && reserved === 0;
  return fits ? blob.slice(HEAD) : undefined;
}
