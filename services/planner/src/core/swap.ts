import { isAccountId, normalizeTokenId } from "@outlayer/near";
import type { Step } from "@outlayer/workflow";
import { amountProblem } from "./amounts.ts";
import { readCarried } from "./carried-payloads.ts";
import { counterpartyProblem } from "./counterparties.ts";
import { depositSwapPayload } from "./deposit-swap.ts";
import type { Facts, Limits } from "./facts.ts";
import { type BuiltPayload, intentsPayload, notAfter, problem } from "./payload.ts";

type Swap = Extract<Step, { form: "intents.swap" }>["fields"];

/**
 * Either a `token_diff` that is executed together with payloads that counterparties signed, or a transfer to a quote's deposit
 * address. The diff is signed exactly as asked. The verifier takes its fee out of each negative delta and refuses a batch that does
 * not balance, so the counterparties' payloads are checked first (rule: swap-is-checked-before-it-is-signed).
 */
export function swapPayload(swap: Swap, place: string, facts: Facts, limits: Limits): BuiltPayload {
  const tokenIn = normalizeTokenId(swap.token_in);
  if (tokenIn === undefined) return problem(`${place}.token_in is not a token id`);
  const tokenOut = normalizeTokenId(swap.token_out);
  if (tokenOut === undefined) return problem(`${place}.token_out is not a token id`);
  if (tokenIn === tokenOut) return problem(`${place}.token_out must not be token_in`);
  const amountIn = amountProblem(swap.amount_in);
  if (amountIn !== undefined) return problem(`${place}.amount_in ${amountIn}`);
  const minAmountOut = swap.min_amount_out === undefined ? undefined : amountProblem(swap.min_amount_out);
  if (minAmountOut !== undefined) return problem(`${place}.min_amount_out ${minAmountOut}`);

  const counterparties = swap.counterparty_signed ?? [];
  const withCounterparties = counterparties.length > 0;
  if (withCounterparties === (swap.deposit_address !== undefined)) {
    return problem(
      withCounterparties
        ? `${place} must not have both counterparty_signed and deposit_address`
        : `${place} needs counterparty_signed or deposit_address, for the verifier refuses a swap that does not balance`,
    );
  }
  const latest = notAfter(swap.deadline, place);
  if (latest.problem !== undefined) return latest;
  if (swap.deposit_address !== undefined) {
    const byDeposit = { ...swap, deposit_address: swap.deposit_address };
    return depositSwapPayload(byDeposit, { tokenIn, tokenOut }, latest.ms, place, facts, limits);
  }
  const { memo, referral } = swap;
  for (const field of ["deposit_memo", "quote"] as const) {
    if (swap[field] !== undefined) return problem(`${place}.${field} is not supported beside counterparty_signed`);
  }
  if (swap.min_amount_out === undefined) {
    return problem(`${place}.min_amount_out is required beside counterparty_signed`);
  }
  const payloads = readCarried(counterparties, `${place}.counterparty_signed`, limits);
  if (payloads.problem !== undefined) return payloads;
  if (referral !== undefined && !isAccountId(referral)) return problem(`${place}.referral is not an account id`);
  const diff = { [tokenIn]: `-${swap.amount_in}`, [tokenOut]: swap.min_amount_out };
  const intent = {
    intent: "token_diff",
    diff,
    ...(memo === undefined ? {} : { memo }),
    ...(referral === undefined ? {} : { referral }),
  };
  const intents = {
    intentsJson: JSON.stringify([intent]),
    counterpartySignedJson: counterparties.map((payload) => JSON.stringify(payload)),
  };
  const { verifier } = facts;
  if (verifier !== undefined) {
    const own = {
      given: [tokenIn, -BigInt(swap.amount_in)],
      got: [tokenOut, BigInt(swap.min_amount_out)],
    } as const;
    const found = counterpartyProblem(payloads.read, own, place, verifier);
    if (found !== undefined) return problem(found);
  }
  // Nothing is signed that outlives the other side's word.
  const earliest = Math.min(...payloads.read.map(({ deadlineMs }) => deadlineMs));
  const until = latest.ms !== undefined && latest.ms < BigInt(earliest) ? latest.ms : BigInt(earliest);
  const built = intentsPayload(intents, false, until);
  return built.problem !== undefined ? built : { ...built, carried: payloads.read };
}
