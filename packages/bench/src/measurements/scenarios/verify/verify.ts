/** Speed of verification: hashing, the chain, whole processes; and its memory and start-up time. */
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
