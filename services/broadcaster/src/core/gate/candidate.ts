import { partyOf } from "@outlayer/workflow";

/** A workflow that wants the gate. Request ids are in the order in which they were opened (UUID v7). */
export interface Candidate {
  readonly requestId: string;
  readonly walletId: string;
  readonly calls: number;
}

/** How fair lines read candidates: wallets take turns, each with its oldest workflow first. */
export const lineTerms = {
  id: ({ requestId }: Candidate) => requestId,
  party: ({ walletId }: Candidate) => partyOf(walletId),
};
