import type { AccessKey, AccessKeyPermission, Action } from "../../chain/types.ts";
import { encodeBase64 } from "../../crypto/base64.ts";
import { formatKey } from "../../crypto/keys.ts";

/** nearcore's `ActionView`. */
export function actionShape(action: Action): unknown {
  switch (action.kind) {
    case "createAccount":
      return "CreateAccount";
    case "deployContract":
      return { DeployContract: { code: encodeBase64(action.code) } };
    case "functionCall": {
      const { methodName, args, gas, deposit } = action;
      return { FunctionCall: { method_name: methodName, args: encodeBase64(args), gas, deposit: `${deposit}` } };
    }
    case "transfer":
      return { Transfer: { deposit: `${action.deposit}` } };
    case "stake":
      return { Stake: { stake: `${action.stake}`, public_key: formatKey(action.publicKey) } };
    case "addKey":
      return { AddKey: { public_key: formatKey(action.publicKey), access_key: accessKeyShape(action.accessKey) } };
    case "deleteKey":
      return { DeleteKey: { public_key: formatKey(action.publicKey) } };
    case "deleteAccount":
      return { DeleteAccount: { beneficiary_id: action.beneficiaryId } };
    case "delegate":
      return { Delegate: delegateShape(action) };
  }
}

/** nearcore's `AccessKeyView`. */
export function accessKeyShape({ nonce, permission }: AccessKey): Readonly<Record<string, unknown>> {
  return { nonce, permission: permissionShape(permission) };
}

function permissionShape(permission: AccessKeyPermission): unknown {
  if (permission.kind === "fullAccess") return "FullAccess";
  const { allowance, receiverId, methodNames } = permission;
  const allowed = allowance === null ? null : `${allowance}`;
  return { FunctionCall: { allowance: allowed, receiver_id: receiverId, method_names: methodNames } };
}

function delegateShape({ signedDelegate }: Extract<Action, { kind: "delegate" }>): unknown {
  const { delegateAction: delegate, signature } = signedDelegate;
  // nearcore serializes the actions themselves here, not their views: an empty action is an empty object.
  const actions = delegate.actions.map((action) => {
    const shape = actionShape(action);
    return shape === "CreateAccount" ? { CreateAccount: {} } : shape;
  });
  return {
    delegate_action: {
      sender_id: delegate.senderId,
      receiver_id: delegate.receiverId,
      actions,
      nonce: delegate.nonce,
      max_block_height: delegate.maxBlockHeight,
      public_key: formatKey(delegate.publicKey),
    },
    signature: formatKey(signature),
  };
}
