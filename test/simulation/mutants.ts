import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

/** Text of the product that is put in place of other text. */
interface Patch {
  /** Path from the project's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Half of the logs are slow to read, as few are here by themselves. The barrier of a takeover is for them. */
const slowLogs: Patch = {
  file: "services/broadcaster/src/shell/term/worker.ts",
  find: "const log = await this.#needs.evidence.read(requestId);",
  replace: `const log = await this.#needs.evidence.read(requestId);
    if (requestId.charCodeAt(35) % 2 === 0) await sleep(this.#needs.ports.timers, 6_000, this.#stopping.signal);`,
};

/** Nodes show a key's nonce as it was six transactions ago, as one that lags does. The nonces set aside are for them. */
const lateNonces: Patch = {
  file: "services/broadcaster/src/shell/chain/signing-key.ts",
  find: "this.noteIssued(known.nonce);",
  replace: "this.noteIssued(known.nonce % 1_000_000n < 8n ? known.nonce : known.nonce - 6n);",
};

/** What is no bug, and makes one of them easier to find: nothing may be found with it alone. */
export const controls: Readonly<Record<string, readonly Patch[]>> = {
  "slow-logs": [slowLogs],
  "late-nonces": [lateNonces],
};

/** The relayer's nonces are in workflows' logs alone. */
const nothingSetAside: Patch = {
  file: "services/broadcaster/src/shell/term/term.ts",
  find: "setAside: (key, nonce) => log.setAside(key, nonce)",
  replace: "setAside: undefined",
};

/** Bugs put into the product on purpose, for the simulation's process only. */
export const mutants: Readonly<Record<string, readonly Patch[]>> = {
  // What a session has signed itself is taken for impossible as long as nothing was signed here.
  "own-payload-not-possible": [
    {
      file: "services/broadcaster/src/core/workflow/payloads.ts",
      find: "if (own.length > 0) return own;",
      replace: "if (own.length > 0 && terms !== undefined) return own;",
    },
  ],
  "resume-before-append": [
    {
      file: "services/broadcaster/src/shell/workflow/perform/resume.ts",
      find: `  await append(event);
  seen.noteSent(prepared.transaction.hash, follower.heads?.optimistic.height ?? 0);
  await node.send(prepared.transaction.signedTransaction);`,
      replace: `  seen.noteSent(prepared.transaction.hash, follower.heads?.optimistic.height ?? 0);
  await node.send(prepared.transaction.signedTransaction);
  await append(event);`,
    },
  ],
  // What the node does not know is signed anew instead of being sent again.
  "sign-anew-on-unknown": [
    {
      file: "services/broadcaster/src/core/workflow/pursue.ts",
      find: 'if (cold.length > 0 && !giveUp) return { kind: "resend", hashes: cold };',
      replace: `if (cold.length > 0 && kind === "submission") {
        return { kind: "append", event: { case: "signaturesDiscarded", value: { reason: "unknown" } } };
      }
      if (cold.length > 0 && !giveUp) return { kind: "resend", hashes: cold };`,
    },
    {
      file: "services/broadcaster/src/core/workflow/state.ts",
      find: "return { ...state, admitted: undefined, waiting, discarded: !nothingSigned, discards, steps };",
      replace:
        "return { ...state, admitted: undefined, waiting, discarded: false, steps: steps.map(() => emptyStep) };",
    },
  ],
  "released-at-cancel": [
    {
      file: "services/broadcaster/src/shell/workflow/workflow-handler.ts",
      find: `case "append":
        return log.append(action.event);`,
      replace: `case "append":
        if (action.event.case === "settling" && log.state.cancelRequested) {
          const { walletId, requestId, calls } = log.state;
          await this.#needs.evidence.releaseUsage(walletId, requestId, [...calls.keys()]);
        }
        return log.append(action.event);`,
    },
    {
      file: "services/broadcaster/src/shell/workflow/workflow-handler.ts",
      find: "if (settling !== undefined) return settling;",
      replace: `if (settling !== undefined && !state.cancelRequested) return settling;
    if (settling !== undefined) {
      await this.#needs.evidence.releaseUsage(state.walletId, state.requestId, [...state.calls.keys()]);
      return settling;
    }`,
    },
  ],
  // A target's own success is taken for the step's.
  "refund-not-followed": [
    {
      file: "services/broadcaster/src/core/chain/aftermath.ts",
      find: "return intents.length === 0 ? undefined : { verifierId, accountId, intents };",
      replace: "return undefined;",
    },
  ],
  // What was signed and not sent is taken for gone.
  "ended-at-cancel": [
    {
      file: "services/broadcaster/src/core/workflow/cancel.ts",
      find: "if (state.steps.some(({ terms }) => terms !== undefined)) return undefined;",
      replace: "if (isSubmitted(state)) return undefined;",
    },
    {
      file: "services/broadcaster/src/shell/workflow/workflow-handler.ts",
      find: "if (settling !== undefined) return settling;",
      replace: "if (settling !== undefined && !state.cancelRequested) return settling;",
    },
  ],
  // What a target calls of the gate is taken for the gate's own word.
  "predecessor-not-checked": [
    {
      file: "services/broadcaster/src/core/chain/submission-view.ts",
      find: 'const result = parent.status.kind === "receipt" ? [parent.status.id] : [];',
      replace: `if (parent.status !== undefined) {
    return [...receipts.values()].filter((outcome) => outcome.executorId === gateId && outcome.id !== parent.id);
  }
  const result = [];`,
    },
  ],
  // What was in time when it was asked for is sent, however long others had the key.
  "time-not-judged-with-key": [
    {
      file: "services/broadcaster/src/shell/workflow/perform/submit.ts",
      find: "if (!follower.isCurrent || isTooLateToSend(state, steps, head())) return;",
      replace: "",
    },
    {
      file: "services/broadcaster/src/shell/gate/gate-signer.ts",
      find: "if (!isDue()) return undefined;",
      replace: "",
    },
  ],
  // The nonces in logs that are slow to read are not waited for.
  "takeover-without-barrier": [
    {
      file: "services/broadcaster/src/shell/term/worker.ts",
      find: "unread.expect(underWay.map(({ requestId }) => requestId));",
      replace: "unread.expect([]);",
    },
    nothingSetAside,
    slowLogs,
  ],
  // After a takeover only the node knows of nonces in logs of workflows that have ended.
  "nonces-not-set-aside": [nothingSetAside, lateNonces],
  "lease-without-fencing": [
    {
      file: "services/evidence/src/rpc/leases.ts",
      find: "if (!isHeld(await store.readLease(resource), Number(epoch))) throw leaseLost(resource, epoch);",
      replace: "await store.readLease(resource);",
    },
  ],
};

/** Sources of a mutant's modules, by address. @throws Error where the text is not, or not once, in the source */
export function patched(name: string): ReadonlyMap<string, string> {
  const patches = mutants[name] ?? controls[name];
  if (patches === undefined) throw new Error(`there is no mutant ${name}, only ${Object.keys(mutants).join(", ")}`);
  const sources = new Map<string, string>();
  for (const { file, find, replace } of patches) {
    const url = new URL(`../../${file}`, import.meta.url);
    const source = sources.get(url.href) ?? readFileSync(fileURLToPath(url), "utf8");
    if (source.split(find).length !== 2) throw new Error(`${file} has changed: the mutant ${name} does not fit`);
    sources.set(
      url.href,
      source.replace(find, () => replace),
    );
  }
  return sources;
}

/** Patches a mutant's modules as they are loaded. @throws as `patched` */
export function install(name: string): void {
  const sources = patched(name);
  registerHooks({
    load(url, context, next) {
      const source = sources.get(url);
      if (source === undefined) return next(url, context);
      return { format: "module-typescript", source, shortCircuit: true };
    },
  });
}
