import type { JsonObject } from "@bufbuild/protobuf";
import type {
  GetDirectUserKeyStatusResponse,
  PrepareDirectUserKeyResponse,
} from "@outlayer/contracts/outlayer/planner/v1/planner";
import type { DirectUserScope } from "./direct-user-scope.ts";

/** A scope as REST and records write it. */
export function scopeJson(scope: DirectUserScope | undefined): JsonObject {
  return {
    user_id: scope?.userId ?? "",
    registry_id: scope?.registryId ?? "",
    receiver_id: scope?.receiverId ?? "",
    method_names: [...(scope?.methodNames ?? [])],
  };
}

/** A key to install, as REST answers it. `directUserKeySchema` describes it. */
export function directUserKeyJson(key: PrepareDirectUserKeyResponse): JsonObject {
  return {
    ...scopeJson(key.scope),
    method_names_hash: key.methodNamesHash,
    public_key: key.publicKey,
    key_label: key.keyLabel,
    install_command: key.installCommand,
    remove_command: key.removeCommand,
  };
}

/** A key on the user's account, as REST answers it. `directUserKeyStatusSchema` describes it. */
export function directUserKeyStatusJson(status: GetDirectUserKeyStatusResponse): JsonObject {
  return {
    ...scopeJson(status.scope),
    public_key: status.publicKey,
    key_label: status.keyLabel,
    installed: status.installed,
    reason: status.reason ?? null,
    message: status.message ?? null,
    allowance_yocto: status.allowanceYocto ?? null,
    block_height: Number(status.blockHeight),
  };
}
