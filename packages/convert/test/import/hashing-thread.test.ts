/** Imports whose hashes another thread computes: the same capture as with one thread, the digest that node:crypto computes, and no bytes from before or after. */
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, openCapture, type Source, verifyCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ImportOptions, importCapture } from "../../src/index.js";

const MIB = 2 ** 20;
/** Above the size from which a thread is started, and no multiple of what is read at once. */
const SIZE = 131 * MIB + 4097;
const folder = mkdtempSync(join(tmpdir(), "msl-hashing-"));
const dump = join(folder, "dump");
const target = join(folder, "out.msl");

/** Windows of 64 KiB with bytes of their own in each, and a hole of 40 MiB. */
beforeAll(async () => {
  writeFileSync(dump, "");
  truncateSync(dump, SIZE);
  const file = await open(dump, "r+");
  for (let at = 0; at < SIZE; at += 64 * 1024) {
    if (at >= 20 * MIB && at < 60 * MIB) continue;
    const window = Buffer.alloc(Math.min(64 * 1024, SIZE - at), `${at} of the dump, `);
    await file.write(window, 0, window.length, at);
  }
  await file.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

let uuids = 0;
const fixed = (): ImportOptions => {
  uuids = 0;
  const uuid = () => `00000000-0000-4000-8000-${String(uuids++).padStart(12, "0")}`;
  return { base: 0x10000n, importTimeNs: 5n, dumpUuid: "11111111-1111-4111-8111-111111111111", uuid };
};

describe("an import whose hashes another thread computes", () => {
  it.each(["BLAKE3", "SHA-256", "SHA-512/256"] as const)(
    "writes the same capture as one thread, with the digest of the dump (%s)",
    async (hashAlgo) => {
      const digests: string[] = [];
      for (const threads of [1, 2] as const) {
        const sink = await fileSink(target, { overwrite: true, sync: "never" });
        const report = await importCapture(dump, sink, { ...fixed(), threads, hashAlgo });
        expect(report.sourceSha256).toBe(await sha256(dump));
        expect((await verifyCapture(target)).outcome).toBe("intact");
        digests.push(await sha256(target));
      }
      expect(digests[1]).toBe(digests[0]);
    },
  );

  it("reads sources that give arrays of their own, and takes short answers for errors", async () => {
    const file = await open(dump, "r");
    const lengths = (offset: number, length: number) => (offset >= 70 * MIB ? length - 1 : length);
    const sourceOf = (lengthOf: typeof lengths): Source => ({
      size: SIZE,
      read: async (offset, length) => {
        const bytes = new Uint8Array(lengthOf(offset, length));
        await file.read(bytes, 0, bytes.length, offset);
        return bytes;
      },
    });
    try {
      const sink = await fileSink(target, { overwrite: true, sync: "never" });
      const whole = sourceOf((_, length) => length);
      const report = await importCapture(whole, sink, { ...fixed(), threads: 2 });
      expect(report.sourceSha256).toBe(await sha256(dump));
      const other = await fileSink(target, { overwrite: true, sync: "never" });
      const short = importCapture(sourceOf(lengths), other, { ...fixed(), threads: 2, digest: false });
      await expect(short).rejects.toMatchObject({ code: "source" });
    } finally {
      await file.close();
    }
  });

  it("writes the zeros that the digest covers, although the dump has other bytes there when they are copied", async () => {
    const file = await open(dump, "r+");
    const offset = 40 * MIB + 3;
    const expected = await sha256(dump);
    try {
      const sink = await fileSink(target, { overwrite: true, sync: "never" });
      let isWritten = false;
      const onProgress: ImportOptions["onProgress"] = ({ phase }) => {
        if (phase !== "copy" || isWritten) return;
        isWritten = true;
        writeSync(file.fd, "x", offset);
      };
      const report = await importCapture(dump, sink, { ...fixed(), threads: 2, onProgress });
      expect(isWritten).toBe(true);
      expect(report.sourceSha256).toBe(expected);
      expect((await verifyCapture(target)).outcome).toBe("intact");
      const capture = await openCapture(target);
      try {
        expect((await capture.memory.read(0x10000n + BigInt(offset), 1)).bytes()).toEqual(new Uint8Array(1));
      } finally {
        await capture.close();
      }
    } finally {
      writeSync(file.fd, "\0", offset);
      await file.close();
    }
  });

  it("ends with `changed` if the dump changes behind the digest, and with `aborted` in both passes", async () => {
    const file = await open(dump, "r+");
    const importing = async (phase: string, act: () => unknown, signal?: AbortSignal) => {
      const sink = await fileSink(target, { overwrite: true, sync: "never" });
      let acted = false;
      const onProgress: ImportOptions["onProgress"] = (progress) => {
        if (acted || progress.phase !== phase) return;
        acted = true;
        act();
      };
      await importCapture(dump, sink, { ...fixed(), threads: 2, onProgress, ...(signal && { signal }) });
    };
    try {
      for (const phase of ["digest", "copy"]) {
        const controller = new AbortController();
        await expect(importing(phase, () => controller.abort(), controller.signal)).rejects.toMatchObject({ code: "aborted" });
      }
      const changed = importing("copy", () => file.write(Buffer.from("x"), 0, 1, 120 * MIB + 3));
      await expect(changed).rejects.toMatchObject({ code: "changed", message: expect.stringContaining("The dump was changed") });
    } finally {
      await file.close();
    }
  });
});
