import { lz4Decoding, zstdDecoding } from "./decoding.js";
import { hashing, smallBlockChain } from "./hashing.js";
import type { Kernel } from "./kernel.js";
import { pageRunsKernel, walking } from "./walking.js";

export const KERNELS: readonly Kernel[] = [hashing, smallBlockChain, walking, pageRunsKernel, zstdDecoding, lz4Decoding];
