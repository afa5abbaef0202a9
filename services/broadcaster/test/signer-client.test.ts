import assert from "node:assert/strict";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { SignerProxyService } from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import { SignerClient } from "../src/adapters/signer-proxy/signer-client.ts";
import { KeystoreRefused, KeystoreUnavailable } from "../src/core/ports/signer.ts";

describe("the way to signer-proxy", () => {
  const failing = (code: Code, message: string) =>
    new SignerClient(
      createRouterTransport(({ service }) => {
        service(SignerProxyService, {
          getAccount() {
            throw new ConnectError(message, code);
          },
        });
      }),
    ).account("wallet-1");

  it("ends nothing because this broadcaster is not known there, as with another service token", async () => {
    const [denied, unknown] = [Code.PermissionDenied, Code.Unauthenticated];
    await assert.rejects(failing(denied, "this caller may not call this"), KeystoreUnavailable);
    await assert.rejects(failing(unknown, "who is this"), KeystoreUnavailable);
  });

  it("takes a refusal by the keystore for one that a retry does not change", async () => {
    await assert.rejects(failing(Code.FailedPrecondition, "keystore refused: no"), KeystoreRefused);
    await assert.rejects(failing(Code.InvalidArgument, "not an account"), KeystoreRefused);
  });
});
