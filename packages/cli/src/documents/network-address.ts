/** Addresses of network connections as people write them. */

const IPV4 = 2;
const IPV6 = 10;
const IPV4_BYTES = 4;
/** The first bytes of an IPv4 address in an IPv6 address (RFC 4291, section 2.5.5.2). */
const MAPPED = "00000000000000000000ffff";

/** `bytes`: 16 in network order, of which IPv4 has the first four. Of an unknown family, the bytes in hexadecimal. */
export function networkAddress(family: number, bytes: Uint8Array): string {
  const digits = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
  if (family === IPV4) return dotted(bytes.subarray(0, IPV4_BYTES));
  if (family !== IPV6) return digits;
  if (digits.startsWith(MAPPED)) return `::ffff:${dotted(bytes.subarray(bytes.length - IPV4_BYTES))}`;
  return shortened(digits.match(/.{4}/g)?.map((group) => Number.parseInt(group, 16).toString(16)) ?? []);
}

/** Address and port: "192.0.2.1:443", "[2001:db8::1]:443"; a star for port 0. */
export function endpointText(family: number, bytes: Uint8Array, port: number): string {
  const address = networkAddress(family, bytes);
  return `${family === IPV6 ? `[${address}]` : address}:${port === 0 ? "*" : port}`;
}

function dotted(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** The first of the longest runs of two zero groups or more becomes `::` (RFC 5952, section 4.2). */
function shortened(groups: readonly string[]): string {
  let [from, length] = [0, 1];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === "0") end++;
    if (end - start > length) [from, length] = [start, end - start];
  }
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, from).join(":")}::${groups.slice(from + length).join(":")}`;
}
