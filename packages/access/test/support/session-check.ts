import type { SessionCheck } from "@outlayer/access";

/** No session was revoked. */
export const sessionCheck: SessionCheck = {
  clock: { now: () => Date.now() },
  revocations: { isRevoked: async () => false },
};
