/** Observes the messages of threads in browsers. */
import { hearThrough } from "./hear-threads.js";

hearThrough(Worker.prototype, "addEventListener", (event) => (event instanceof MessageEvent ? event.data : undefined));
