import { create } from "@bufbuild/protobuf";
import { PostViewSchema } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { Approval } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import type { Random } from "@outlayer/kit";
import { verifierNonce } from "@outlayer/near";
import { panicText } from "../../core/chain/panic-text.ts";
import { type NeedFacts, needsOf, registrationKey } from "../../core/checks/payouts.ts";
import { type Rehearsal, type RehearsalAnswer, rehearsals } from "../../core/checks/simulation.ts";
import { checkDeadlines, checkOwnAccount } from "../../core/checks/wallet.ts";
import type { EvidenceLog } from "../../core/ports/evidence-log.ts";
import { ViewFailed } from "../../core/ports/near-node.ts";
import type { Signer } from "../../core/ports/signer.ts";
import type { SaltReader } from "../chain/salt-reader.ts";
import { NotMade } from "./check.ts";
import type { ForeignViews } from "./foreign-views.ts";
import type { Run } from "./gate-readings.ts";
import { once } from "./once.ts";
import { WalletReadings, type WalletSources } from "./wallet-readings.ts";

export interface PreflightSources extends WalletSources {
  readonly walletId: string;
  readonly approval: Approval | undefined;
  readonly signer: Pick<Signer, "signSimulation">;
  readonly evidence: Pick<EvidenceLog, "readUsage">;
  readonly salts: SaltReader;
  readonly random: Random;
  readonly foreignViews: ForeignViews;
  /** Aborted when the answer is not wanted any more. */
  readonly signal: AbortSignal;
}

/** Accounts and tokens, each, that are asked about where the steps' intents send something. */
const mostAccounts = 16;

/** Blocks for which an account is taken to exist, or to have a contract, as read. */
const targetBlocks = 20;

/** Milliseconds for which a payload for simulation is good: it has to outlive one view. */
const simulationMs = 60_000;

/** Readings of a wallet, and those of a preflight alone: a dry run of policy, and a rehearsal in the verifier. */
export class WorkflowReadings extends WalletReadings {
  readonly preflight: PreflightSources;

  constructor(sources: PreflightSources, run: Run) {
    super(sources, run);
    this.preflight = sources;
  }

  /**
   * Policy's verdict on the whole workflow; where allowed, with payloads that can be simulated and never executed
   * (rule: preflight-signs-only-what-policy-allows).
   */
  readonly verdict = once(async () => {
    const { walletId, approval, signer, evidence, salts, random, signal } = this.preflight;
    const [{ accountId }, { timeMs: now }] = await Promise.all([this.account(), this.head()]);
    // An execution that fails these checks ends before it asks for policy, or before it signs.
    for (const { ok, message } of [checkOwnAccount(this.calls, accountId), checkDeadlines(this.calls, now)]) {
      if (!ok) throw new NotMade(message);
    }
    const limits = this.calls.flatMap(({ payload }) =>
      payload.case === "intents" ? (payload.value.notAfterMs ?? []) : [],
    );
    const latest = Math.min(now + simulationMs, ...limits.map(Number));
    const deadlineMs = Math.floor(latest / 1000) * 1000;
    const salt = this.hasIntents ? await salts.current() : undefined;
    const intentsNonces = this.calls.map(({ payload }) =>
      payload.case === "intents" && salt !== undefined
        ? verifierNonce(salt, deadlineMs, random.bytes(15))
        : new Uint8Array(),
    );
    const calls = [...this.calls];
    const { statement: usageStatement } = await evidence.readUsage(walletId);
    const request = { walletId, calls, intentsNonces, deadlineMs: BigInt(deadlineMs), usageStatement };
    return signer.signSimulation(approval === undefined ? request : { ...request, approval }, signal);
  });

  /** The verifier's answers to rehearsals of the steps up to each one with intents. */
  readonly rehearsed = once(async () => {
    const verdict = await this.verdict();
    if (verdict.kind !== "signed") throw new NotMade("the wallet's policy does not let it through");
    const made = rehearsals(this.calls, verdict.payloads).map(async (rehearsal) => {
      return { ...rehearsal, answer: await this.#simulate(rehearsal) };
    });
    return { made: await Promise.all(made), blockingToken: verdict.blockingToken };
  });

  /**
   * What is known of the accounts that the steps' intents pay, notify or call. Tokens are anybody's contracts: only so many are
   * asked, and one that answers hugely, late or not at all is known nothing of.
   */
  readonly payouts = once(async (): Promise<NeedFacts> => {
    const needs = needsOf(this.calls);
    const { node, foreignViews, walletId, signal } = this.preflight;
    const ids = [...new Set(needs.flatMap(({ accountId, what }) => (what.kind === "registration" ? [] : accountId)))];
    const asked = new Map(
      needs.flatMap(({ accountId, what }) =>
        what.kind === "registration" ? [[registrationKey(what.token, accountId), { ...what, accountId }] as const] : [],
      ),
    );
    const targets = ids
      .slice(0, mostAccounts)
      .map(async (id) => [id, await this.keep(`target ${id}`, targetBlocks, () => node.callTarget(id))] as const);
    const keys = [...asked.keys()].slice(0, mostAccounts);
    const views = [...asked.values()].slice(0, mostAccounts).map(({ token, accountId }, index) => {
      const argsJson = JSON.stringify({ account_id: accountId });
      return [
        index,
        create(PostViewSchema, { contractId: token, methodName: "storage_balance_of", argsJson }),
      ] as const;
    });
    const answers = views.length === 0 ? new Map() : await foreignViews.run(walletId, views, signal);
    const registered = keys.flatMap((key, index) => {
      const { outcome, resultJson } = answers.get(index) ?? {};
      return outcome === "answered" ? [[key, resultJson !== "null"] as const] : [];
    });
    return { targets: new Map(await Promise.all(targets)), registered: new Map(registered) };
  });

  async #simulate({ argsJson }: Rehearsal): Promise<RehearsalAnswer> {
    const { node, verifierId } = this.preflight;
    try {
      return { value: (await node.view(verifierId, "simulate_intents", argsJson)).value };
    } catch (error) {
      const panic = error instanceof ViewFailed ? panicText(error.text) : undefined;
      if (panic === undefined) throw error;
      return { panic };
    }
  }
}
