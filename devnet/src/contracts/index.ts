/**
 * The devnet's contracts, as pure objects. A chain makes each with its `create…`, gives it a `Storage` that `init…` has filled at
 * genesis, and runs its calls. The other functions change that storage directly, for tests.
 */
export { creditCollection, registerInCollection } from "./collection/holdings.ts";
export { createMultiToken } from "./collection/multi-token.ts";
export { createNft } from "./collection/nft.ts";
export { createCounter } from "./counter/counter.ts";
export { setGateBatchTail, setGateFeeTiers, setGateRelayer } from "./gate/controls.ts";
export { createGate, GATE_CODE_HASH } from "./gate/gate.ts";
export { DEFAULT_FEE_TIERS, type GateGenesis, initGate } from "./gate/init.ts";
export type { FeeTier } from "./gate/state.ts";
export { createHostile } from "./hostile/hostile.ts";
export { createReceiver } from "./receiver/receiver.ts";
export { createRegister } from "./register/register.ts";
export { creditToken, initToken, type TokenGenesis } from "./token/init.ts";
export { REGISTRATION_YOCTO } from "./token/storage-management.ts";
export { createToken, createWrappedNear } from "./token/token.ts";
export {
  addVerifierKey,
  creditVerifier,
  setVerifierFee,
  setVerifierLock,
  setVerifierSalt,
} from "./verifier/controls.ts";
export { initVerifier, type VerifierGenesis } from "./verifier/init.ts";
export type { Role } from "./verifier/state/config.ts";
export type { DeriveSalt } from "./verifier/state/salts.ts";
export { createVerifier, type VerifierOptions } from "./verifier/verifier.ts";
