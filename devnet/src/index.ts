/** A NEAR node and an OutLayer keystore to test against, in process or as a process of their own. */
export type { BlockTime } from "./chain/block-producer.ts";
export type { Chain } from "./chain/chain.ts";
export { ControlError } from "./control/control-error.ts";
export type { Controls } from "./control/controls.ts";
export type { Dump } from "./control/dump.ts";
export type { Fault, FaultRule } from "./control/faults.ts";
export type { WalletInfo } from "./control/wallet-controls.ts";
export { type AccountSecret, type Devnet, type DevnetOptions, startDevnet } from "./devnet.ts";
export { accountNames, defaultWallets, type GenesisOptions, type WalletGenesis } from "./genesis.ts";
export type { PolicyDocument } from "./keystore/policy.ts";
export { type Ports, systemPorts } from "./ports.ts";
