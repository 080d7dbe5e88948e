/** Programs that are run for their results, and how they end. */
import { expect, it } from "vitest";
import { type Child, withChild } from "../src/launch/child.js";

function node(script: string, work: (child: Child) => Promise<string>): Promise<string> {
  return withChild(process.execPath, ["-e", script], {}, work);
}

/** What it said, once it has ended. */
function atEnd({ process, said }: Child): Promise<string> {
  return new Promise((resolve) => process.on("close", () => resolve(said.out)));
}

it("hands out what a program that ends well has said", async () => {
  expect(await node("console.log('done')", atEnd)).toBe("done\n");
});

it("fails for a program that ends with a failure, though it said that it is done", async () => {
  const ended = node("console.log('done'); console.error('and broken'); process.exitCode = 3", atEnd);
  await expect(ended).rejects.toThrow(/ended with status 3\nand broken\ndone/);
});

it("fails for a program that a signal ends", async () => {
  await expect(node("console.log('done'); process.kill(process.pid, 'SIGKILL')", atEnd)).rejects.toThrow(
    "ended with status null",
  );
});

it("ends a program that its work does not need any more, and hands out what came of the work", async () => {
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
