import type { BlockProducer } from "../chain/block-producer.ts";
import type { Chain } from "../chain/chain.ts";
import type { Keystore } from "../keystore/keystore.ts";
import type { RpcNode } from "../rpc/rpc-node.ts";
import { AccountControls } from "./account-controls.ts";
import { BlockControls } from "./block-controls.ts";
import type { CallCounters } from "./counters.ts";
import type { DevnetClock } from "./devnet-clock.ts";
import { type Dump, dumpChain } from "./dump.ts";
import type { FaultPlan } from "./faults.ts";
import { GateControls } from "./gate-controls.ts";
import { KeystoreControls, RpcControls } from "./node-controls.ts";
import { VerifierControls } from "./verifier-controls.ts";
import { WalletControls } from "./wallet-controls.ts";

export interface ControlsOptions {
  readonly chain: Chain;
  readonly producer: BlockProducer;
  readonly clock: DevnetClock;
  readonly rpc: RpcNode;
  readonly keystore: Keystore;
  readonly faults: FaultPlan;
  readonly counters: CallCounters;
  readonly gateId: string;
  readonly verifierId: string;
  /** Has the verifier's role `DAO`. */
  readonly verifierAdminId: string;
  /** The target of foreign intents. */
  readonly registerId: string;
  readonly keySeed: (name: string) => Uint8Array;
  /** Aborts when the devnet closes. */
  readonly closed: AbortSignal;
}

/** Every control of a devnet, in process. The control API over HTTP only wraps this. */
export class Controls {
  readonly blocks: BlockControls;
  readonly clock: DevnetClock;
  readonly rpc: RpcControls;
  readonly keystore: KeystoreControls;
  readonly accounts: AccountControls;
  readonly wallets: WalletControls;
  readonly verifier: VerifierControls;
  readonly gate: GateControls;
  readonly faults: FaultPlan;
  readonly counters: CallCounters;
  readonly #chain: Chain;

  constructor(options: ControlsOptions) {
    const { chain, gateId, registerId: targetId, closed, keySeed } = options;
    this.#chain = chain;
    this.blocks = new BlockControls(chain, options.producer, options.clock);
    this.clock = options.clock;
    this.rpc = new RpcControls(options.rpc);
    this.keystore = new KeystoreControls(options.keystore);
    this.accounts = new AccountControls(chain);
    this.wallets = new WalletControls(options.keystore);
    this.verifier = new VerifierControls(chain, options.verifierId, options.verifierAdminId);
    this.gate = new GateControls({ chain, gateId, targetId, closed, keySeed });
    this.faults = options.faults;
    this.counters = options.counters;
  }

  /** The whole chain, for checkers. @param from only blocks from this height on */
  dump(from?: bigint): Dump {
    return dumpChain(this.#chain, from);
  }
}
