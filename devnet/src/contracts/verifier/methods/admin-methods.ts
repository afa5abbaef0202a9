import type { Env, Returned } from "../../../contract.ts";
import { DecodeError, unexpected } from "../../sdk/decode-error.ts";
import { accountId, base64Bytes32, type Decoder, list, object, u32 } from "../../sdk/decoder.ts";
import { change, json, type Method, noArguments, nothing } from "../../sdk/method.ts";
import { assertOneYocto } from "../../sdk/one-yocto.ts";
import { require } from "../../sdk/panic.ts";
import { adminEvent, saltRotationEvent } from "../events.ts";
import { verifierGas } from "../gas.ts";
import { parseVersionedNonce } from "../nonce.ts";
import { MAX_PIPS, type Role } from "../state/config.ts";
import { type DeriveSalt, saltText } from "../state/salts.ts";
import { VerifierState } from "../state/verifier-state.ts";

const pips: Decoder<number> = {
  decode(value) {
    const fee = u32.decode(value);
    if (fee > MAX_PIPS) throw new DecodeError(`out of range: 0..=${MAX_PIPS}`);
    return fee;
  },
};

/** An account and nonces of it, as a pair. */
const noncesOfAccount: Decoder<readonly [accountId: string, nonces: readonly Uint8Array[]]> = {
  decode(value) {
    if (!Array.isArray(value)) return unexpected(value, "a tuple of size 2");
    if (value.length !== 2) throw new DecodeError(`invalid length ${value.length}, expected a tuple of size 2`);
    return [accountId.decode(value[0]), list(base64Bytes32).decode(value[1])];
  },
};

const lockers: readonly Role[] = ["DAO", "UnrestrictedAccountLocker", "UnrestrictedAccountManager"];
const unlockers: readonly Role[] = ["DAO", "UnrestrictedAccountUnlocker", "UnrestrictedAccountManager"];
const feesManagers: readonly Role[] = ["DAO", "FeesManager"];
const garbageCollectors: readonly Role[] = ["DAO", "GarbageCollector"];
const saltManagers: readonly Role[] = ["DAO", "SaltManager"];

/** Administration, each by its roles and with 1 yoctoNEAR. @param deriveSalt makes the salts of a rotation */
export function adminMethods(deriveSalt: DeriveSalt): Readonly<Record<string, Method>> {
  return {
    force_lock_account: restricted(lockers, object({ account_id: accountId }), (env, { accounts }, { account_id }) => {
      const hasChanged = accounts.setLocked(account_id, true);
      if (hasChanged) env.log(adminEvent("account_locked", { account_id }));
      return json(hasChanged);
    }),

    force_unlock_account: restricted(
      unlockers,
      object({ account_id: accountId }),
      (env, { accounts }, { account_id }) => {
        const hasChanged = accounts.setLocked(account_id, false);
        if (hasChanged) env.log(adminEvent("account_unlocked", { account_id }));
        return json(hasChanged);
      },
    ),

    set_fee: restricted(feesManagers, object({ fee: pips }), (env, state, { fee }) => {
      const { feePips } = state.config;
      require(fee !== feePips, "same");
      state.config = { ...state.config, feePips: fee };
      env.log(adminEvent("fee_changed", { old_fee: feePips, new_fee: fee }));
      return nothing();
    }),

    set_fee_collector: restricted(
      feesManagers,
      object({ fee_collector: accountId }),
      (env, state, { fee_collector }) => {
        const { feeCollectorId } = state.config;
        require(fee_collector !== feeCollectorId, "same");
        state.config = { ...state.config, feeCollectorId: fee_collector };
        const data = { old_fee_collector: feeCollectorId, new_fee_collector: fee_collector };
        env.log(adminEvent("fee_collector_changed", data));
        return nothing();
      },
    ),

    /** The old salt stays valid. */
    update_current_salt: restricted(saltManagers, noArguments, (env, { salts }) => {
      salts.rotate(env, deriveSalt);
      env.log(saltRotationEvent(salts.current, []));
      return json(salts.current);
    }),

    /** Unknown salts are left out of the event, and are no error. */
    invalidate_salts: restricted(saltManagers, object({ salts: list(saltText) }), (env, { salts }, args) => {
      const invalidated = args.salts.filter((salt) => salts.invalidate(salt, env, deriveSalt));
      env.log(saltRotationEvent(salts.current, [...new Set(invalidated)].sort()));
      return json(salts.current);
    }),

    /** Forgets used nonces that are over: of versioned nonces alone, and of those with a nonce all with the same first 31 bytes. */
    cleanup_nonces: restricted(garbageCollectors, object({ nonces: list(noncesOfAccount) }), (env, state, args) => {
      const isOver = (nonce: Uint8Array) => {
        const read = parseVersionedNonce(nonce);
        return read !== undefined && (read.deadlineNs < env.timestampNs || !state.salts.isValid(read.salt));
      };
      for (const [id, nonces] of args.nonces) {
        for (const nonce of nonces) if (isOver(nonce)) state.accounts.forgetNonces(id, nonce);
      }
      return nothing();
    }),
  };
}

function restricted<A>(
  roles: readonly Role[],
  args: Decoder<A>,
  run: (env: Env, state: VerifierState, args: A) => Returned,
): Method {
  return change({ gas: verifierGas.admin, payable: true }, args, (env, read, name) => {
    const state = new VerifierState(env.storage);
    assertRole(env, state, name, roles);
    assertOneYocto(env);
    return run(env, state, read);
  });
}

function assertRole(env: Env, { config }: VerifierState, method: string, roles: readonly Role[]): void {
  const isGranted = roles.some((role) => config.roles[role]?.includes(env.predecessor));
  const wanted = roles.map((role) => `"${role}"`).join(", ");
  require(isGranted, `Insufficient permissions for method ${method} restricted by access control. Requires one of these roles: [${wanted}]`);
}
