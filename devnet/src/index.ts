/** A NEAR node and an OutLayer keystore to test against, in process or as a process of their own. */
export { ControlError } from "./control/control-error.ts";
export type { Dump } from "./control/dump.ts";
export type { Fault } from "./control/faults.ts";
export { type Devnet, type DevnetOptions, startDevnet } from "./devnet.ts";
export type { WalletGenesis } from "./genesis.ts";
export type { PolicyDocument } from "./keystore/policy.ts";
export { systemPorts } from "./ports.ts";
