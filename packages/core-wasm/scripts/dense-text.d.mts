import type { DenseText } from "../src/binary/dense.js";

export function denseText(bytes: Uint8Array): DenseText;
