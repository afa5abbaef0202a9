/** A workflow that wants the gate. Request ids are in the order in which they were opened (UUID v7). */
export interface Candidate {
  readonly requestId: string;
  readonly walletId: string;
  readonly calls: number;
}
