/**
 * Part of the scripts for Node (scripts-of-node.mjs): loads scripts of a package when they are needed, at once and without a promise, so that synchronous
 * functions and classes can be loaded with their first use. Node requires ES modules wherever the condition `module-sync` holds.
 */
import { createRequire } from "node:module";

let require;

/** The exports of a script in the folder of the script that contains this function. */
export function load(script) {
  require ??= createRequire(import.meta.url);
  return require(script);
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
