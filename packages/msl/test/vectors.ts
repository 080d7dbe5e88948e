/**
 * Published test vectors of the format, written out from their description: V1, a minimal plain capture for each hash algorithm,
 * and V6, a capture of MSL 0.1. Nothing here comes from this library.
 */

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function concatenated(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const NIL = "00".repeat(16);
const blockUuid = (index: number) => `10000000000040008000000000${String(index).padStart(6, "0")}`;

function littleEndian(value: number, bytes: number): string {
  return Array.from({ length: bytes }, (_, i) => ((value >>> (8 * i)) & 0xff).toString(16).padStart(2, "0")).join("");
}

interface BlockSpec {
  readonly type: number;
  readonly flags?: number;
  readonly version: number;
  readonly index: number;
  readonly parent?: string;
  readonly prevHash: string;
  readonly payload: Uint8Array;
}

function block({ type, flags = 0, version, index, parent = NIL, prevHash, payload }: BlockSpec): Uint8Array {
  const header = `4d534c43 ${littleEndian(type, 2)} ${littleEndian(flags, 2)} ${littleEndian(80 + payload.length, 4)} ${littleEndian(version, 2)} 0000`;
  return concatenated(hex(`${header} ${blockUuid(index)} ${parent} ${prevHash}`), payload);
}

export interface VectorHashes {
  readonly prevHash: readonly [string, string, string, string];
  readonly fileHash: string;
  /** Of the whole file. */
  readonly sha256: string;
}

export const V1_HASHES: readonly VectorHashes[] = [
  {
    prevHash: [
      "cea3199b2fa1031f0b4bf282e743a3127687d71ac6bcedb22b3e5a517db95baa",
      "591b671a696047deb77d75afacaa78d11c7d66c8c77c74548cbf0d33dc08a7a0",
      "7de7c676dd18e09d4cf1d225fe5535c410742690e21c4ae44ff2ac48eb89a560",
      "0ef4bc93a9a0217b72b05767fb614f10095b0784ef708ef4f425e26529dbf777",
    ],
    fileHash: "556dc164a794995599c950db905472648a445c2ccfdab7cebb892f439c47831a",
    sha256: "2ab356cf38fd05ce8cfd98c125271b5c710c838c798d4260ba0567495b2ca381",
  },
  {
    prevHash: [
      "64ff6e6b94ca3c38913df47683d4759d4eabe107372089f1556e8e41c0b175b9",
      "5f359ee74b27bc6fc01640bc6caa339b45c0fcdc8f4caf33d2af3b9cf34163fb",
      "9aa01630c73eb856b29cbfd29e6ad6ed4e3446ec05777951b74e2351ad3e453e",
      "f69df2a6555aa96d1547a2b5dbef120658598f424dc2fe4998136d7a16a18fb1",
    ],
    fileHash: "4ca9e84f917cba22c6519c866211a56a26991a12ee1d9adc08cfade5bd8e2c04",
    sha256: "6c3fa7f89ed3de2ba2ca55eb5b5f0b5cfbe0a6b866b5630fa658b6a46128ca2d",
  },
  {
    prevHash: [
      "d0ac58edbc8371bc9cb68a90189b11c8da99211da139608a8c9c4f6a1ed7a35b",
      "44c6429e78d5669cc3db724fd2496bf32617ca6895d80ecc1db36492dccbef3a",
      "4c8055734d84d065490a0c94cb367682f8764173ee75c7bcaa42087077b2e52c",
      "cd078b90aae2399a511f13202673b91725cc326ecb2b3260af0ef5cea34eee91",
    ],
    fileHash: "ed8cd9cfea9a9badce9117fae5254ddbb7a1e5fe9bc0b57b21b0ec64be4ee46f",
    sha256: "d030e5951d8ae1b9091e483c7ed0017a929b5d7c468e0900a156717e79c04c40",
  },
];

/** Block 0's PrevHash when the header was hashed with BlockCount 0. */
export const V1_PREV_HASH_WITHOUT_BLOCK_COUNT = "710929281fdb641ebc7147a8979a1bd7c2ce3ae737935d0370c803f5f3d46de7";

/** V1, 2,560 bytes. */
export function vectorV1(hashAlgo: 0 | 1 | 2, hashes = V1_HASHES[hashAlgo] as VectorHashes): Uint8Array {
  const header = hex(`4d454d534c49434501400101000000000301000000000000 00112233445546778899aabbccddeeff
    00002a36fe9c9717 0100 0100 92100000 01 04000000 ${littleEndian(hashAlgo, 1)} 0000`);
  const identity = hex("010000000200000000368ffafd9c971708000000000000002f62696e2f6c7300");
  const region = concatenated(
    hex("0000400000000000001000000000000005030a000000000001002a36fe9c9717 1800000000000000"),
    new Uint8Array(1024).fill(0xaa),
    new Uint8Array(1024).fill(0xbb),
  );
  const end = hex(`${hashes.fileHash} 02002a36fe9c9717 0000000000000000`);
  const [first, second, third, fourth] = hashes.prevHash;
  return concatenated(
    header,
    block({ type: 0x40, version: 1, index: 1, prevHash: first, payload: identity }),
    block({ type: 0x10, version: 1, index: 2, prevHash: second, payload: new Uint8Array(8) }),
    block({ type: 0x01, version: 1, index: 3, prevHash: third, payload: region }),
    block({ type: 0xfff, version: 1, index: 4, prevHash: fourth, payload: end }),
  );
}

export const V6_SHA256 = "082dde53012f9df403febf66134de175018705bb25cce06f8e382b2c857a9f06";

/** V6, an MSL 0.1 file of 4,664 bytes. */
export function vectorV6(): Uint8Array {
  const header = hex(`4d454d534c4943450140 0100 00000000 0300000000000000 00112233445546778899aabbccddeeff
    00002a36fe9c9717 0300 0200 92100000 0000000000000000`);
  const region = concatenated(
    hex("0010000000000000 0020000000000000 03 05 0010 02000000 01002a36fe9c9717 1000000000000000"),
    new Uint8Array(4096).fill(0xcc),
  );
  const entry = hex(`0000400000000000 0010000000000000 1000 0800 00000000 2f6c69622f612e736f00000000000000 0000000000000000
    ${"00".repeat(32)} 00000000 00000000`);
  const end = hex("1d4bb66acee31544a5a32d7485d8fda8b69228b678145fb734ef3fa679f0807a 02002a36fe9c9717 0000000000000000");
  const hash = {
    region: "244467d8edf1a5210bbce0c647bd7857f4754c0020d21d91dee7687ad46a59c3",
    index: "a02babec5de8ee19cb7e96dc36ce46beba6f8d03843f7139706e0ec8e457cca5",
    module: "d9bf57462d527aa800a147a77bc3888cc2e031d70e8fff15ea3f68a5e3be3635",
    end: "cd3988a5caf7953b79fa74ad6a6ccb6eb3edc0f347ce8b29cc41bec806553d40",
  };
  return concatenated(
    header,
    block({ type: 0x01, version: 0, index: 1, prevHash: hash.region, payload: region }),
    block({ type: 0x10, flags: 1, version: 0, index: 2, prevHash: hash.index, payload: hex("01000000 00000000") }),
    block({ type: 0x02, version: 0, index: 3, parent: blockUuid(2), prevHash: hash.module, payload: entry }),
    block({ type: 0xfff, version: 0, index: 4, prevHash: hash.end, payload: end }),
  );
}
