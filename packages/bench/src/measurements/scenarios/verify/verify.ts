/** How fast captures are verified: hashing, the chain, whole processes; and what it takes in memory and start-up. */
import type { Scenario } from "../../scenario.js";
import { doubleHash } from "./double-hash.js";
import { longMessages } from "./long-messages.js";
import { shortMessages } from "./short-messages.js";
import { startUp } from "./start-up.js";
import { wholeProcess } from "./whole-process.js";

export const verify: Scenario = {
  name: "verify",
  summary: "BLAKE3 and whole verifications against named peers; memory and start-up",
  async *run(options) {
    yield* longMessages(options);
    yield* shortMessages(options);
    yield* doubleHash(options);
    yield* startUp(options);
    yield* wholeProcess(options);
  },
};
