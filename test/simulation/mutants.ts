import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/** A bug put into the product on purpose, for the simulation's process only. */
interface Mutant {
  /** Path from the project's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const mutants: Readonly<Record<string, Mutant>> = {
  "resume-before-append": {
    file: "services/broadcaster/src/shell/perform/resume.ts",
    find: `  await append(event);
  seen.noteSent(prepared.transaction.hash, follower.heads?.optimistic.height ?? 0);
  await node.send(prepared.transaction.signedTransaction);`,
    replace: `  seen.noteSent(prepared.transaction.hash, follower.heads?.optimistic.height ?? 0);
  await node.send(prepared.transaction.signedTransaction);
  await append(event);`,
  },
  "sign-anew-on-unknown": {
    file: "services/broadcaster/src/core/workflow/progress.ts",
    find: `  if (state.steps.some(({ submissions }) => submissions.length > 0)) return false;
  return state.steps.some(({ signed }) => {`,
    replace: `  if (state.steps.every(({ submissions }) => submissions.length > 0)) return !state.steps.some(({ accepted }) => accepted !== undefined);
  return state.steps.some(({ signed }) => {`,
  },
  "lease-without-fencing": {
    file: "services/evidence/src/rpc/leases.ts",
    find: "if (!isHeld(await store.readLease(resource), Number(epoch))) throw leaseLost(resource, epoch);",
    replace: "await store.readLease(resource);",
  },
};

/** Patches a mutant's module as it is loaded. @throws Error where the text is not, or not once, in the source */
export function install(name: string): void {
  const mutant = mutants[name];
  if (mutant === undefined) throw new Error(`there is no mutant ${name}, only ${Object.keys(mutants).join(", ")}`);
  const url = new URL(`../../${mutant.file}`, import.meta.url);
  const source = readFileSync(fileURLToPath(url), "utf8");
  if (source.split(mutant.find).length !== 2)
    throw new Error(`${mutant.file} has changed: the mutant ${name} does not fit`);
  registerHooks({
    load(loaded, context, next) {
      if (loaded !== url.href) return next(loaded, context);
      return {
        format: "module-typescript",
        source: source.replace(mutant.find, () => mutant.replace),
        shortCircuit: true,
      };
    },
  });
}
