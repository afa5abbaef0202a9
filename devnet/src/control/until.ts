import type { Chain } from "../chain/chain.ts";
import { ControlError } from "./control-error.ts";

/**
 * Asks again after every change of the chain until there is an answer.
 * @throws ControlError once `closed` aborts
 */
export function until<T>(chain: Chain, closed: AbortSignal, ask: () => T | undefined): Promise<T> {
  const now = ask();
  if (now !== undefined) return Promise.resolve(now);
  return new Promise((resolve, reject) => {
    const end = () => {
      stop();
      closed.removeEventListener("abort", abort);
    };
    const abort = () => {
      end();
      reject(new ControlError("the devnet was closed"));
    };
    const stop = chain.onChange(() => {
      try {
        const answer = ask();
        if (answer === undefined) return;
        end();
        resolve(answer);
      } catch (error) {
        end();
        reject(error);
      }
    });
    closed.addEventListener("abort", abort);
    if (closed.aborted) abort();
  });
}
