/** The type of a value from outside, by its tag. `instanceof` fails for values of another realm (vm, jsdom, frames), which has constructors of its own. */

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** The bytes of a Uint8Array (Buffers are) or ArrayBuffer of any realm, as an array of this one over the same memory; undefined for others. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (isUint8Array(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const tag = tagOf(value);
  return tag === "ArrayBuffer" || tag === "SharedArrayBuffer" ? new Uint8Array(value as ArrayBuffer) : undefined;
}

export function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value instanceof Uint8Array || tagOf(value) === "Uint8Array");
}

/** A File is a Blob. The Blobs of happy-dom have no tag of their own. */
export function isBlob(value: unknown): value is Blob {
  const tag = tagOf(value);
  return (
    tag === "Blob" || tag === "File" || (tag === "Object" && hasMethods(value as object, ["arrayBuffer", "slice", "stream"]))
  );
}

/** Whether the contents of a Blob can be read; those of jsdom cannot. */
export function isReadableBlob(blob: Blob): boolean {
  return hasMethods(blob, ["arrayBuffer", "stream"]);
}

function hasMethods(value: object, names: readonly string[]): boolean {
  return names.every((name) => typeof Reflect.get(value, name) === "function");
}

export function isUrl(value: unknown): value is URL {
  return tagOf(value) === "URL";
}

/** A stream of the web platform or of Node, or a generator. */
export function isStream(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.asyncIterator in value || "getReader" in value || "pipe" in value;
}

/** The type of a value in a few words, for messages; never its contents. */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return "a text";
  if (Array.isArray(value)) return `an array of ${value.length} entries`;
  if (typeof value === "object" || typeof value === "function") return `a value of type ${tagOf(value)}`;
  return `the ${typeof value} ${String(value)}`;
}
