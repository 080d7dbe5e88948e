/** Constants of BLAKE3. Source: BLAKE3 paper, section 2. */
import { HASH_BYTES as HASH } from "../../src/layout";

export const BLOCK_BYTES: u32 = 64;
export const CHUNK_BYTES: u32 = 1024;
export const CHUNK_BLOCKS: u32 = CHUNK_BYTES / BLOCK_BYTES;
/** Bytes of a chaining value or a digest. */
export const HASH_BYTES: u32 = HASH;

export const CHUNK_START: u32 = 1;
export const CHUNK_END: u32 = 2;
export const PARENT: u32 = 4;
export const ROOT: u32 = 8;

export const IV_0: u32 = 0x6a09e667;
export const IV_1: u32 = 0xbb67ae85;
export const IV_2: u32 = 0x3c6ef372;
export const IV_3: u32 = 0xa54ff53a;
export const IV_4: u32 = 0x510e527f;
export const IV_5: u32 = 0x9b05688c;
export const IV_6: u32 = 0x1f83d9ab;
export const IV_7: u32 = 0x5be0cd19;
