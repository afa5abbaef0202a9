import type { Intervention } from "../chain/block-index.ts";
import { callByHand, type HandCall } from "../chain/call-by-hand.ts";
import type { Chain } from "../chain/chain.ts";
import { ViewCallError } from "../chain/view-call.ts";
import { ContractPanic } from "../contract.ts";
import { ControlError } from "./control-error.ts";

/** Changes contracts' state by hand at the head. @throws ControlError in the contract's words */
export function changeNow(chain: Chain, change: Intervention): void {
  try {
    chain.intervene(change);
  } catch (error) {
    if (error instanceof ContractPanic) throw new ControlError(error.message);
    throw error;
  }
}

/** Calls a contract directly at the head. @returns its result @throws ControlError in the contract's words */
export function callNow(chain: Chain, call: HandCall): unknown {
  let answer: unknown;
  changeNow(chain, (state) => {
    answer = callByHand(state, chain.head, call);
  });
  return answer;
}

/** Calls a contract's view at the head. @returns its JSON @throws ControlError */
export function viewNow(chain: Chain, contract: string, method: string, args: unknown = {}): unknown {
  try {
    const { value } = chain.view().call(contract, method, Buffer.from(JSON.stringify(args)));
    return JSON.parse(Buffer.from(value).toString());
  } catch (error) {
    if (error instanceof ViewCallError) throw new ControlError(JSON.stringify(error.error));
    throw error;
  }
}
