/** No endpoint gave an answer: nothing is known of what was asked, and something sent may have arrived. */
export class RpcUnavailable extends Error {
  override readonly name: string = "RpcUnavailable";
}

/** The node that was asked does not know the block: it lags behind the one that named it, or keeps no older ones. */
export class BlockUnknown extends RpcUnavailable {
  override readonly name = "BlockUnknown";
}

/** A node answered, with an error of its own. */
export class RpcRefused extends Error {
  override readonly name = "RpcRefused";
  /** E.g. `UNKNOWN_TRANSACTION`; empty where the node gave none. */
  readonly causeName: string;

  constructor(method: string, causeName: string, text: string) {
    super(`${method}: ${causeName} ${text}`.trim());
    this.causeName = causeName;
  }
}

/** A view panicked; `text` is the contract's own. */
export class ViewFailed extends Error {
  override readonly name = "ViewFailed";
  readonly text: string;

  constructor(contractId: string, method: string, text: string) {
    super(`${contractId}.${method}: ${text}`);
    this.text = text;
  }
}
