/**
 * Part of the scripts for Node (scripts-of-node.mjs): loads scripts of a package when they are needed, at once and without a promise, so that synchronous
 * functions and classes can be loaded with their first use. Node requires ES modules wherever the condition `module-sync` holds.
 */
import Module, { createRequire } from "node:module";

/**
 * The `createRequire` of Node. Jest passes a subclass of Node's class with another one, which cannot require ES modules; what is loaded there, the constants
 * included, are the modules that Node loads, so that each exists once.
 */
const nodes = Object.getPrototypeOf(Module).createRequire ?? createRequire;
export const isLoadedByNode = nodes === createRequire;

let require;

/** The exports of a script in the folder of the script that contains this function. */
export function load(script) {
  require ??= nodes(import.meta.url);
  return require(script);
}

/** The constants, where `isLoadedByNode` is false: instances of their classes of errors become instances of the class Error that a test in Jest has. */
export function adopted(constants) {
  for (const value of Object.values(constants))
    if (typeof value === "function" && Object.getPrototypeOf(value).name === "Error")
      Object.setPrototypeOf(value.prototype, Error.prototype);
  return constants;
}

/** A class that is loaded with its first use: it makes instances of the class that `loaded` gives, and is equal to it in `new`, `instanceof` and `extends`. */
export function classOnDemand(name, loaded) {
  // A bound class is a constructor without properties that the proxy would have to show.
  const target = Object.defineProperty(class {}.bind(), "name", { value: name });
  const real = (receiver) => (receiver === proxy ? loaded() : receiver);
  const proxy = new Proxy(target, {
    construct: (_, given, newTarget) => Reflect.construct(loaded(), given, real(newTarget)),
    get: (_, key, receiver) => Reflect.get(loaded(), key, real(receiver)),
    set: (_, key, value, receiver) => Reflect.set(loaded(), key, value, real(receiver)),
    has: (_, key) => Reflect.has(loaded(), key),
    deleteProperty: (_, key) => Reflect.deleteProperty(loaded(), key),
    defineProperty: (_, key, descriptor) => Reflect.defineProperty(loaded(), key, descriptor),
    getPrototypeOf: () => Reflect.getPrototypeOf(loaded()),
    ownKeys: () => Reflect.ownKeys(loaded()),
    getOwnPropertyDescriptor: (_, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(loaded(), key);
      // A proxy must not call a property fixed that its target does not have.
      return descriptor && { ...descriptor, configurable: true };
    },
  });
  return proxy;
}
