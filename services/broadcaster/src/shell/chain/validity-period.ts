import type { NearNode } from "../../core/ports/near-node.ts";

/** The network's validity period, which never changes: read once. */
export class ValidityPeriod {
  readonly #node: NearNode;
  #blocks: number | undefined;

  constructor(node: NearNode) {
    this.#node = node;
  }

  async blocks(): Promise<number> {
    this.#blocks ??= await this.#node.validityBlocks();
    return this.#blocks;
  }
}
