import { formatKey, parsePublicKey } from "../../../crypto/keys.ts";
import { bool, type Decoder, object, parsed } from "../../sdk/decoder.ts";
import type { Intent } from "../engine/execution.ts";
import { intentEvent } from "../events.ts";

const keyField = object({ public_key: parsed(parsePublicKey) });
const enabledField = object({ enabled: bool });

/** The new key has full control, like every registered key. */
export const addPublicKeyIntent: Decoder<Intent> = {
  decode(value) {
    const { public_key: key } = keyField.decode(value);
    return ({ state, effects }, { accountId, intentHash }) => {
      state.accounts.addPublicKey(accountId, key);
      const data = { intent_hash: intentHash, account_id: accountId, public_key: formatKey(key) };
      effects.emit(intentEvent("public_key_added", data));
    };
  },
};

export const removePublicKeyIntent: Decoder<Intent> = {
  decode(value) {
    const { public_key: key } = keyField.decode(value);
    return ({ state, effects }, { accountId, intentHash }) => {
      state.accounts.removePublicKey(accountId, key);
      const data = { intent_hash: intentHash, account_id: accountId, public_key: formatKey(key) };
      effects.emit(intentEvent("public_key_removed", data));
    };
  },
};

/** Whether the account may act by transactions too. */
export const setAuthByPredecessorIntent: Decoder<Intent> = {
  decode(value) {
    const { enabled } = enabledField.decode(value);
    return ({ state, effects }, { accountId, intentHash }) => {
      const hasChanged = state.accounts.setAuthByPredecessor(accountId, enabled);
      if (!hasChanged && !effects.showsUnchanged) return;
      const data = { intent_hash: intentHash, account_id: accountId, enabled };
      effects.emit(intentEvent("set_auth_by_predecessor_id", data));
    };
  },
};
