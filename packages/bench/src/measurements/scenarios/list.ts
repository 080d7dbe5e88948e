/** All scenarios, in the order of running and of docs/benchmarks.md. */
import type { Scenario } from "../scenario.js";
import { acquire } from "./acquire.js";
import { entropy } from "./asking/entropy.js";
import { keys } from "./asking/keys.js";
import { search } from "./asking/search.js";
import { strings } from "./asking/strings.js";
import { bombMemory } from "./bomb-memory.js";
import { browserFile } from "./browser-file.js";
import { codec } from "./codec.js";
import { coldStart } from "./cold-start.js";
import { convert } from "./convert/convert.js";
import { decode } from "./decode/decode.js";
import { encrypt } from "./encrypt.js";
import { index } from "./index-blocks.js";
import { kernelRatio } from "./kernel-ratio.js";
import { kernels } from "./kernels.js";
import { pageMap } from "./page-map.js";
import { regions } from "./regions.js";
import { samples } from "./samples.js";
import { size } from "./size.js";
import { small } from "./small/small.js";
import { streamMemory } from "./stream-memory.js";
import { verify } from "./verify/verify.js";
import { write } from "./write/write.js";

export const SCENARIOS: readonly Scenario[] = [
  kernels,
  kernelRatio,
  index,
  small,
  pageMap,
  decode,
  codec,
  verify,
  browserFile,
  encrypt,
  write,
  regions,
  convert,
  search,
  strings,
  entropy,
  keys,
  acquire,
  coldStart,
  size,
  streamMemory,
  bombMemory,
  samples,
];
