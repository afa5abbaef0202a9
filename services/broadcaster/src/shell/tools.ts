import type { KeyedMutex, Logger, Ports } from "@outlayer/kit";
import type { BroadcasterConfig } from "../config.ts";
import type { EvidenceLog, HeldLease } from "../core/ports/evidence-log.ts";
import type { NearNode } from "../core/ports/near-node.ts";
import type { Signer } from "../core/ports/signer.ts";
import type { Follower } from "./chain/follower.ts";
import type { KeyRing } from "./chain/key-lane.ts";
import type { SaltReader } from "./chain/salt-reader.ts";
import type { ValidityPeriod } from "./chain/validity-period.ts";
import type { ForeignViews } from "./checks/foreign-views.ts";
import type { KeptAnswers } from "./checks/kept-answers.ts";
import type { UserKeys } from "./direct-user/user-keys.ts";
import type { AdmissionLine } from "./gate/admission-line.ts";
import type { Commitments } from "./gate/commitments.ts";
import type { Conductor } from "./gate/conductor.ts";
import type { GateReader } from "./gate/gate-reader.ts";
import type { Intake } from "./gate/intake.ts";
import type { OwnDelegates } from "./gate/own-delegates.ts";
import type { TailReader } from "./gate/tail-reader.ts";

/** What a broadcaster has, whether it drives or stands by. */
export interface SharedTools {
  readonly ports: Ports;
  readonly logger: Logger;
  readonly config: BroadcasterConfig;
  readonly signer: Signer;
  readonly node: NearNode;
  readonly foreignViews: ForeignViews;
  readonly follower: Follower;
  readonly gate: GateReader;
  readonly tails: TailReader;
  readonly commitments: Commitments;
  readonly relayer: KeyRing;
  readonly approver: KeyRing;
  readonly salts: SaltReader;
  readonly validity: ValidityPeriod;
  readonly ownDelegates: OwnDelegates;
  /** Names this process in leases, and in the logs of the workflows that it takes on. */
  readonly driverId: string;
}

/** What drivers share during one term. Each step of theirs takes what it uses of it. */
export interface Tools extends SharedTools {
  readonly lease: HeldLease;
  /** Appends under the lease. */
  readonly evidence: EvidenceLog;
  readonly conductor: Conductor;
  readonly line: AdmissionLine;
  readonly intake: Intake;
  /** What admissions that follow one another closely read once. */
  readonly kept: KeptAnswers;
  /** Per-wallet queue of requests that lost the compare-and-set on the usage ledger. */
  readonly policyMutex: KeyedMutex;
  readonly userKeys: UserKeys;
}
