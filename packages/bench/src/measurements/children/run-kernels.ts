/**
 * Runs every kernel a few times, then one kernel a given number of extra times. Arguments: folder of inputs, id of that kernel, number
 * of extra runs.
 */

import { KERNELS } from "../kernels/index.js";
import { readInput } from "../kernels/kernel.js";

const SETTLING_RUNS = 3;

const [, , folder = "", chosen, extraRuns] = process.argv;
const prepared = KERNELS.map((kernel) => ({ id: kernel.id, run: kernel.ours(readInput(folder, kernel)).run }));
for (const { run } of prepared) for (let i = 0; i < SETTLING_RUNS; i++) run();
const more = prepared.find(({ id }) => id === chosen);
if (more) for (let i = 0; i < Number(extraRuns); i++) more.run();
