/** DER for tests, written straight from X.690. */

/** An element with a length in its shortest form. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

/** A header whose content ends at `end`, for structures that share their ends. */
function headerUntil(tag: number, at: number, end: number): Uint8Array {
  const length = end - at - 4;
  return Uint8Array.of(tag, 0x82, length >> 8, length & 0xff);
}

/** A sound certificate of version 1 whose issuer has this many attributes: each has four elements. */
export function certificateOf(attributes: number): Buffer {
  const algorithm = der(0x30, der(0x06, Uint8Array.of(0x2a, 3)));
  const name = der(
    0x30,
    ...Array.from({ length: attributes }, () =>
      der(0x31, der(0x30, der(0x06, Uint8Array.of(0x55, 4, 3)), der(0x0c, Buffer.from("x")))),
    ),
  );
  const validity = der(0x30, der(0x17, Buffer.from("260101000000Z")), der(0x17, Buffer.from("270101000000Z")));
  const key = der(0x30, algorithm, der(0x03, Uint8Array.of(0, 1, 2, 3, 4)));
  return der(
    0x30,
    der(0x30, der(0x02, Uint8Array.of(5)), algorithm, name, validity, der(0x30), key),
    algorithm,
    der(0x03, Uint8Array.of(0)),
  );
}

/** `length` bytes of certificates inside certificates: each can be parsed up to a list of thousands of elements, which all of them share. */
export function nestedCertificates(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // The end of all: an algorithm and a signature behind the body. Before it, the list: empty sets.
  const bodyEnd = length - 8;
  bytes.set([0x30, 3, 6, 1, 0, 3, 1, 0], bodyEnd);
  const list = bodyEnd - (length >> 1);
  bytes.set(headerUntil(0x30, list, bodyEnd), list);
  for (let at = list + 4; at < bodyEnd; at += 2) bytes[at] = 0x31;
  for (let at = 0; at + 30 < list; at += 22) {
    bytes.set(headerUntil(0x30, at, length), at);
    bytes.set(headerUntil(0x30, at + 4, bodyEnd), at + 4);
    bytes.set([0x02, 1, 5], at + 8);
    // An algorithm, whose parameter holds the next certificate.
    bytes.set(headerUntil(0x30, at + 11, list), at + 11);
    bytes.set([0x06, 1, 0], at + 15);
    bytes.set(headerUntil(0x04, at + 18, list), at + 18);
  }
  return bytes;
}

/** `length` bytes of Ed25519 keys in PKCS#8, each in the attributes of the one before. `secret`: the bytes of each key. */
export function nestedKeys(length: number, secret: (index: number) => Uint8Array): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0, index = 0; at + 60 < length; at += 54) {
    bytes.set(headerUntil(0x30, at, length), at);
    bytes.set([0x02, 1, 0, 0x30, 5, 0x06, 3, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20], at + 4);
    bytes.set(secret(index++), at + 18);
    bytes.set(headerUntil(0xa0, at + 50, length), at + 50);
  }
  return bytes;
}
