/**
 * Loaded before msl, by `--import`: changes the file that the variable CHANGED_FILE names before the read of it whose number CHANGED_AT_READ has, in the way that
 * CHANGED_HOW says. Files are read by the handles of node:fs/promises, in workers by descriptors.
 */
import fs from "node:fs";
import promises from "node:fs/promises";

const { CHANGED_FILE: path, CHANGED_AT_READ: number, CHANGED_HOW: how } = process.env;
const handle = await promises.open(path, "r");
const prototype = Object.getPrototypeOf(handle);
const { ino } = await handle.stat();
await handle.close();
let reads = 0;

function change() {
  const { size } = fs.statSync(path);
  if (how === "truncated") return fs.truncateSync(path, Math.floor(size / 2));
  const file = fs.openSync(path, "r+");
  fs.writeSync(file, Buffer.alloc(64, 0xa5), 0, 64, Math.floor(size * 0.75));
  fs.closeSync(file);
}

function count(descriptor) {
  if (fs.fstatSync(descriptor).ino === ino && ++reads === Number(number)) change();
}

const { read } = prototype;
prototype.read = async function (...words) {
  count(this.fd);
  return read.apply(this, words);
};
const { readSync } = fs;
fs.readSync = (...words) => {
  count(words[0]);
  return readSync(...words);
};
