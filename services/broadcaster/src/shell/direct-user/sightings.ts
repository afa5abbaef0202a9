import type { CallView } from "../../core/direct-user/call-view.ts";
import type { DirectUserView } from "../../core/direct-user/next.ts";
import { TransactionSightings } from "../chain/transaction-sightings.ts";

/** What one driver has seen of a direct-user call. */
export class CallSightings extends TransactionSightings implements DirectUserView {
  readonly calls = new Map<string, CallView | undefined>();
}
