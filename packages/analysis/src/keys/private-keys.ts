/** Private keys in DER: PKCS#1 (RFC 8017, A.1.2), PKCS#8 (RFC 5958; curves of RFC 8410), SEC1 (RFC 5915). */
import { DerReader, INTEGER, isEqual, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE } from "./der.js";
import {
  bitLength,
  CURVES,
  type CurveName,
  isSizedAsKey,
  type KeyForm,
  OTHER_PUBLIC_KEY,
  type ParsedKey,
  type RsaNumbers,
} from "./parsed-key.js";

/** Context-specific tags: [0] and [1], constructed; [1] primitive. */
const CONTEXT_0 = 0xa0;
const CONTEXT_1 = 0xa1;
const PRIMITIVE_1 = 0x81;

const RSA_OID = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);
const EC_OID = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
const CURVE_OIDS: readonly (readonly [CurveName, Uint8Array])[] = [
  ["P-256", Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07)],
  ["P-384", Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x22)],
  ["P-521", Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x23)],
  ["secp256k1", Uint8Array.of(0x2b, 0x81, 0x04, 0x00, 0x0a)],
];
const EDWARDS_OIDS = [
  ["x25519", Uint8Array.of(0x2b, 0x65, 0x6e)],
  ["ed25519", Uint8Array.of(0x2b, 0x65, 0x70)],
] as const;

type EcKey = Extract<ParsedKey, { readonly kind: "ec" }>;

interface PrivateKey {
  readonly form: KeyForm;
  readonly key: ParsedKey;
}

/** The key whose structure is all of `der`. */
export function privateKeyIn(der: Uint8Array): PrivateKey | undefined {
  const outer = new DerReader(der, 0, der.length);
  const fields = outer.enter(SEQUENCE);
  if (!outer.isDone) return undefined;
  const version = fields.content(INTEGER);
  if (version?.length !== 1) return undefined;
  const isVersion = (number: number) => version[0] === number;
  if (fields.isNext(INTEGER)) return isVersion(0) ? as("pkcs1", rsaNumbers(fields)) : undefined;
  if (fields.isNext(OCTET_STRING)) return isVersion(1) ? as("sec1", ecKey(fields)) : undefined;
  return isVersion(0) || isVersion(1) ? as("pkcs8", wrappedKey(fields)) : undefined;
}

function as(form: KeyForm, key: ParsedKey | undefined): PrivateKey | undefined {
  return key && { form, key };
}

/** Behind the version: n, e, d, p, q, d mod (p-1), d mod (q-1), q^-1 mod p. Keys of more than two primes have another version. */
function rsaNumbers(fields: DerReader): RsaNumbers | undefined {
  const modulus = fields.positive();
  const publicExponent = modulus && fields.positive();
  const privateExponent = publicExponent && fields.positive();
  const [p, q, dp, dq, coefficient] = privateExponent ? Array.from({ length: 5 }, () => fields.positive()) : [];
  if (!modulus || !publicExponent || !privateExponent || !p || !q || !dp || !dq || !coefficient || !fields.isDone)
    return undefined;
  const key = {
    kind: "rsa" as const,
    modulus,
    publicExponent,
    privateExponent,
    primes: [p, q] as const,
    exponents: [dp, dq] as const,
    coefficient,
  };
  return isSizedAsKey(key) ? key : undefined;
}

/** Behind the version: the scalar, [0] the curve, [1] the public key. One of both places has to tell the curve. */
function ecKey(fields: DerReader, known?: CurveName): EcKey | undefined {
  const secret = fields.content(OCTET_STRING);
  let curve = known;
  if (fields.isNext(CONTEXT_0)) {
    const parameters = fields.enter(CONTEXT_0);
    const named = curveOf(parameters.content(OBJECT_IDENTIFIER));
    if (!parameters.isDone) return undefined;
    curve = named;
  }
  const publicKey = fields.isNext(CONTEXT_1) ? wholeBits(fields.enter(CONTEXT_1)) : undefined;
  if (!fields.isDone || !curve || secret?.length !== CURVES[curve].bytes) return undefined;
  const problem = known && curve !== known ? "the structure names two curves" : undefined;
  return { kind: "ec", curve, secret, ...(publicKey && { publicKey }), ...(problem && { problem }) };
}

/** Behind the version: the algorithm, the key in an OCTET STRING, [0] attributes, [1] the public key. */
function wrappedKey(fields: DerReader): ParsedKey | undefined {
  const algorithm = fields.enter(SEQUENCE);
  const oid = algorithm.content(OBJECT_IDENTIFIER);
  const content = fields.content(OCTET_STRING);
  if (fields.isNext(CONTEXT_0)) fields.read(CONTEXT_0);
  const publicKey = fields.isNext(PRIMITIVE_1) ? fields.content(PRIMITIVE_1)?.subarray(1) : undefined;
  if (!oid || !content || !fields.isDone) return undefined;
  const inner = new DerReader(content, 0, content.length);
  if (isEqual(oid, RSA_OID) || isEqual(oid, EC_OID)) {
    const curve = isEqual(oid, EC_OID) ? curveOf(algorithm.content(OBJECT_IDENTIFIER)) : undefined;
    if (isEqual(oid, EC_OID) && !curve) return undefined;
    const numbers = inner.enter(SEQUENCE);
    const version = numbers.content(INTEGER);
    if (!inner.isDone || version?.length !== 1 || version[0] !== (curve ? 1 : 0)) return undefined;
    return curve ? withPublicKey(ecKey(numbers, curve), publicKey) : withNumbers(rsaNumbers(numbers), publicKey);
  }
  const kind = EDWARDS_OIDS.find(([, known]) => isEqual(known, oid))?.[0];
  const secret = inner.content(OCTET_STRING);
  if (!kind || !algorithm.isDone || !inner.isDone || secret?.length !== 32) return undefined;
  return { kind, secret, ...(publicKey?.length === 32 && { publicKey }) };
}

/** The key, with the public key behind it. */
function withPublicKey(key: EcKey | undefined, publicKey: Uint8Array | undefined): EcKey | undefined {
  if (!key || !publicKey) return key;
  if (!key.publicKey) return { ...key, publicKey };
  return isEqual(key.publicKey, publicKey) ? key : { ...key, problem: OTHER_PUBLIC_KEY };
}

/** The key, with the public numbers behind it. */
function withNumbers(key: RsaNumbers | undefined, publicKey: Uint8Array | undefined): RsaNumbers | undefined {
  if (!key || !publicKey) return key;
  const numbers = new DerReader(publicKey, 0, publicKey.length).enter(SEQUENCE);
  const isSame = [key.modulus, key.publicExponent].every((number) => isEqual(numbers.positive() ?? NOTHING, number));
  return isSame ? key : { ...key, problem: OTHER_PUBLIC_KEY };
}

const NOTHING = new Uint8Array();

function wholeBits(reader: DerReader): Uint8Array | undefined {
  const bits = reader.bits();
  return reader.isDone ? bits : undefined;
}

function curveOf(oid: Uint8Array | undefined): CurveName | undefined {
  return oid && CURVE_OIDS.find(([, known]) => isEqual(known, oid))?.[0];
}

/** Bits of the public key of a SubjectPublicKeyInfo; for algorithms that are not known, bits of its BIT STRING. */
export function publicKeyBits(fields: DerReader): number | undefined {
  const algorithm = fields.enter(SEQUENCE);
  const oid = algorithm.content(OBJECT_IDENTIFIER);
  const key = fields.bits();
  if (!oid || !key || !fields.isDone) return undefined;
  const curve = isEqual(oid, EC_OID) ? curveOf(algorithm.content(OBJECT_IDENTIFIER)) : undefined;
  if (curve) return CURVES[curve].bits;
  if (!isEqual(oid, RSA_OID)) return 8 * key.length;
  const modulus = new DerReader(key, 0, key.length).enter(SEQUENCE).positive();
  return modulus && bitLength(modulus);
}
