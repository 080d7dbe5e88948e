/** X.509 certificates (RFC 5280, 4.1): every field of the certificate and of its TBSCertificate, with exact lengths. Values of extensions and names are not read. */
import { BIT_STRING, DerReader, type DerWork, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET } from "./der.js";
import type { ParsedKey } from "./parsed-key.js";
import { publicKeyBits } from "./private-keys.js";

const BOOLEAN = 0x01;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const VERSION = 0xa0;
const ISSUER_ID = 0x81;
const SUBJECT_ID = 0x82;
const EXTENSIONS = 0xa3;

/** The certificate that is all of `der`. */
export function certificateIn(der: Uint8Array, work?: DerWork): ParsedKey | undefined {
  const outer = new DerReader(der, 0, der.length, work);
  const fields = outer.enter(SEQUENCE);
  const body = fields.enter(SEQUENCE);
  const algorithm = fields.enter(SEQUENCE);
  fields.read(BIT_STRING);
  if (!outer.isDone || !fields.isDone || !isAlgorithm(algorithm)) return undefined;
  const bits = bodyKeyBits(body);
  return bits === undefined ? undefined : { kind: "certificate", der, bits };
}

/** Bits of the public key of a TBSCertificate without a fault. */
function bodyKeyBits(body: DerReader): number | undefined {
  if (body.isNext(VERSION)) {
    const version = body.enter(VERSION);
    version.read(INTEGER);
    if (!version.isDone) return undefined;
  }
  body.read(INTEGER);
  if (!isAlgorithm(body.enter(SEQUENCE)) || !isName(body.enter(SEQUENCE)) || !isValidity(body.enter(SEQUENCE))) return undefined;
  if (!isName(body.enter(SEQUENCE))) return undefined;
  const bits = publicKeyBits(body.enter(SEQUENCE));
  for (const tag of [ISSUER_ID, SUBJECT_ID]) if (body.isNext(tag)) body.read(tag);
  if (body.isNext(EXTENSIONS)) {
    const wrapped = body.enter(EXTENSIONS);
    const list = wrapped.enter(SEQUENCE);
    if (!wrapped.isDone || !everyItem(list, isExtension)) return undefined;
  }
  return body.isDone ? bits : undefined;
}

function isAlgorithm(fields: DerReader): boolean {
  fields.read(OBJECT_IDENTIFIER);
  if (!fields.isDone) fields.read();
  return fields.isDone;
}

/** A sequence of sets of pairs: an identifier and a value. */
function isName(sets: DerReader): boolean {
  while (sets.isNext(SET)) {
    const attributes = sets.enter(SET);
    const isAttribute = (fields: DerReader) => {
      fields.read(OBJECT_IDENTIFIER);
      fields.read();
      return fields.isDone;
    };
    if (!everyItem(attributes, isAttribute)) return false;
  }
  return sets.isDone;
}

function isValidity(times: DerReader): boolean {
  for (let i = 0; i < 2; i++) times.read(times.isNext(UTC_TIME) ? UTC_TIME : GENERALIZED_TIME);
  return times.isDone;
}

function isExtension(fields: DerReader): boolean {
  fields.read(OBJECT_IDENTIFIER);
  if (fields.isNext(BOOLEAN)) fields.read(BOOLEAN);
  fields.read(OCTET_STRING);
  return fields.isDone;
}

function everyItem(list: DerReader, isSound: (fields: DerReader) => boolean): boolean {
  while (list.isNext(SEQUENCE)) if (!isSound(list.enter(SEQUENCE))) return false;
  return list.isDone;
}
