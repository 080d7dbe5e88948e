/** Writes an encrypted capture. Arguments: the file, the cipher, the number of 64 MiB regions. */
import { CIPHERS, writeEncryptedCapture } from "../workloads/encrypted-capture.js";

const [path = "", name, regions] = process.argv.slice(2);
const cipher = CIPHERS.find((known) => known === name);
if (!cipher) throw new Error(`There is no cipher ${name}`);
writeEncryptedCapture(path, cipher, Number(regions));
