import { Turnstile, unavailable } from "@outlayer/kit";
import { partyOf } from "@outlayer/workflow";

/**
 * Preflights that are made at once. Each asks signer, keystore, database and node some thirty times, and waits for most of the
 * answers: more at once would be no faster, and would make workflows late whose signatures grow old.
 */
const atOnce = 4;

/** Queue of preflights, in turns that are fair between wallets: many of one wallet delay no other's for long. */
export class PreflightLine {
  readonly #turns = new Turnstile(atOnce);

  /**
   * @param signal ends the wait for a turn
   * @throws Refusal Unavailable where the turn did not come in time
   */
  async run<T>(walletId: string, signal: AbortSignal, checks: () => Promise<T>): Promise<T> {
    let isBegun = false;
    const begin = () => {
      isBegun = true;
      return checks();
    };
    try {
      return await this.#turns.pass("usual", begin, { party: partyOf(walletId), signal });
    } catch (error) {
      if (isBegun) throw error;
      throw unavailable("too many preflights are under way: try again");
    }
  }
}
