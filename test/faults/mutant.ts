import { install } from "../simulation/mutants.ts";

/** Preloaded into a broadcaster that is to have a bug: the harness must find it out. */
install(process.env.MUTANT ?? "");
