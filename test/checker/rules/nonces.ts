import type { Violation } from "../violation.ts";
import type { LoggedNonce, WorkflowFacts } from "../workflow.ts";

/** No nonce of an operator's key is given out twice: of two such transactions one lands (rule: takeover-reads-before-it-signs). */
export function checkNonces(workflows: readonly WorkflowFacts[]): Violation[] {
  const taken = new Map<string, LoggedNonce>();
  return workflows.flatMap(({ requestId, nonces }) =>
    nonces.flatMap((one): Violation[] => {
      const place = `${one.publicKey} ${one.nonce}`;
      const other = taken.get(place);
      if (!one.isFree) taken.set(place, one);
      if (one.isFree || other === undefined || other.hash === one.hash) return [];
      const sentence = `${one.hash} and ${other.hash} have the same nonce ${one.nonce} of ${one.publicKey}`;
      return [{ kind: "nonce_twice", requestId, sentence }];
    }),
  );
}
