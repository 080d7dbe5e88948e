import type { Command } from "../command.js";
import { blocks } from "./blocks.js";
import { dump } from "./dump.js";
import { info } from "./info.js";
import { keygen } from "./keygen.js";
import { transcode } from "./transcode.js";
import { verify } from "./verify.js";

/** In the order in which help lists them. */
export const COMMANDS: readonly Command[] = [info, verify, blocks, dump, transcode, keygen];
