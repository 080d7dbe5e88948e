/** Programs that are run for their results, and the ways in which they end. */
import { expect, it } from "vitest";
import { type Child, withChild } from "../src/launch/child.js";

function node(script: string, work: (child: Child) => Promise<string>): Promise<string> {
  return withChild(process.execPath, ["-e", script], {}, work);
}

/** Resolves to the standard output of the process after it has ended. */
function atEnd({ process, said }: Child): Promise<string> {
  return new Promise((resolve) => process.on("close", () => resolve(said.out)));
}

it("withChild returns the output of a program that ends with status 0", async () => {
  expect(await node("console.log('done')", atEnd)).toBe("done\n");
});

it("withChild throws for a program that ends with a failure, even after it has reported that it is done", async () => {
  const ended = node("console.log('done'); console.error('and broken'); process.exitCode = 3", atEnd);
  await expect(ended).rejects.toThrow(/ended with status 3\nand broken\ndone/);
});

it("withChild throws for a program that a signal ends", async () => {
  await expect(node("console.log('done'); process.kill(process.pid, 'SIGKILL')", atEnd)).rejects.toThrow(
    "ended with status null",
  );
});

it("withChild ends a program whose work is done, and returns the result of the work", async () => {
  let ended = false;
  const result = await node("setInterval(() => {}, 1000); console.log('ready')", async ({ process }) => {
    process.on("exit", () => {
      ended = true;
    });
    await new Promise((resolve) => process.stdout?.once("data", resolve));
    return "answer";
  });
  expect(result).toBe("answer");
  await expect.poll(() => ended).toBe(true);
});
