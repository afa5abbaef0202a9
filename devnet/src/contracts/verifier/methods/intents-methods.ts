import { list, object } from "../../sdk/decoder.ts";
import { change, type Method, nothing, view } from "../../sdk/method.ts";
import { execute, simulate } from "../engine/run.ts";
import { verifierGas } from "../gas.ts";
import { multiPayload } from "../payload/multi-payload.ts";
import { VerifierState } from "../state/verifier-state.ts";
import { formatTimestamp } from "../timestamp.ts";

const args = object({ signed: list(multiPayload) });

export const intentsMethods: Readonly<Record<string, Method>> = {
  /** Anybody may call it; one refusal reverts all of it. */
  execute_intents: change({ gas: verifierGas.execute }, args, (env, { signed }) => {
    execute(env, signed);
    return nothing();
  }),

  /** Refuses in the same words, but returns an imbalance instead of panicking with it. */
  simulate_intents: view(args, (env, { signed }) => {
    const { config, salts } = new VerifierState(env.storage);
    const { executed, lines, minDeadlineNs, violation } = simulate(env, signed);
    return {
      intents_executed: executed,
      logs: lines,
      min_deadline: formatTimestamp(minDeadlineNs),
      invariant_violated: violation,
      state: { fee: config.feePips, current_salt: salts.current },
    };
  }),
};
