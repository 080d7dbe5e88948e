import type { MslWriter, WriterOptions } from "../../src/index.js";

export const STEPS: number;
export const OPTIONS: WriterOptions;
export function writeStep(writer: MslWriter, step: number): Promise<unknown>;
