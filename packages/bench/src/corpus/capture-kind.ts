import type { Facts } from "./facts.js";
import type { Recipe } from "./recipe.js";

/** A kind of sound capture. */
export interface CaptureKind {
  /** Of the files, without their endings. */
  readonly name: string;
  /** A phrase for people. */
  readonly about: string;
  readonly features?: readonly string[];
  /** `size`: bytes of captured memory, for the big ones. */
  recipe(facts: Facts, size: number): Recipe | Promise<Recipe>;
}
