import type { Clock } from "@outlayer/kit";
import { decodeHex } from "@outlayer/near";
import type { NearNode } from "../../core/ports/near-node.ts";
import { RpcUnavailable } from "../../core/ports/near-node.ts";

/**
 * The verifier's salt changes rarely, and an older one stays valid for a while. A payload takes some time from its
 * signature to its execution anyway. Milliseconds.
 */
const keepMs = 30_000;

/** The verifier's current salt, kept briefly. */
export class SaltReader {
  readonly #verifierId: string;
  readonly #node: NearNode;
  readonly #clock: Clock;
  #kept: { readonly salt: Uint8Array; readonly untilMs: number } | undefined;

  constructor(verifierId: string, node: NearNode, clock: Clock) {
    this.#verifierId = verifierId;
    this.#node = node;
    this.#clock = clock;
  }

  /** Called where a payload signed with the salt has failed. */
  drop(): void {
    this.#kept = undefined;
  }

  /** @returns 4 bytes */
  async current(): Promise<Uint8Array> {
    const now = this.#clock.now();
    if (this.#kept !== undefined && now < this.#kept.untilMs) return this.#kept.salt;
    const { value } = await this.#node.view(this.#verifierId, "current_salt", {});
    const salt = typeof value === "string" ? decodeHex(value) : new Uint8Array();
    if (salt.length !== 4) throw new RpcUnavailable("the verifier's salt cannot be read");
    this.#kept = { salt, untilMs: now + keepMs };
    return salt;
  }
}
