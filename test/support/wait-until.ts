import { setTimeout as sleep } from "node:timers/promises";

const everyMs = 5;

/**
 * Asks again and again until it holds.
 * @param what that is, for the error
 * @param patienceMs less than the test's own timeout: a test that fails must end what it started
 * @throws Error when nothing comes of it
 */
export async function waitUntil(
  holds: () => boolean | Promise<boolean>,
  what: string,
  patienceMs = 15_000,
): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
    await sleep(everyMs);
  }
}
