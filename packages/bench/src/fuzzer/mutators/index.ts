import type { Mutator } from "../mutator.js";
import { FIELD_MUTATORS, SIZE_MUTATORS } from "./block-fields.js";
import { BYTE_MUTATORS } from "./bytes.js";
import { COMPRESSION_MUTATORS } from "./compression.js";
import { FRAMING_MUTATORS } from "./framing.js";
import { NEIGHBOUR_MUTATORS } from "./neighbours.js";
import { RECHAIN } from "./rechain.js";
import { REGION_MUTATORS } from "./regions.js";

export const MUTATORS: readonly Mutator[] = [
  ...BYTE_MUTATORS,
  ...FIELD_MUTATORS,
  ...SIZE_MUTATORS,
  ...FRAMING_MUTATORS,
  ...COMPRESSION_MUTATORS,
  ...REGION_MUTATORS,
  ...NEIGHBOUR_MUTATORS,
  RECHAIN,
];
