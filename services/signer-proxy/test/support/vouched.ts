import type { create, MessageInitShape } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import type {
  CheckDirectUserPolicyRequestSchema,
  CheckPolicyRequestSchema,
  CheckPolicyResponse,
  SignDirectUserCallRequestSchema,
  SignerProxyService,
  SignSimulationRequestSchema,
  SignStepRequestSchema,
} from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { Usage } from "@outlayer/contracts/outlayer/workflow/v1/policy";
import { reservedFor, stated } from "./evidence-word.ts";
import { delegateTerms, intentsTerms } from "./samples.ts";

type Signer = Client<typeof SignerProxyService>;
type Asked<S extends Parameters<typeof create>[0]> = Omit<MessageInitShape<S>, "$typeName"> & {
  readonly walletId?: string;
  readonly requestId?: string;
};

/** The service as a broadcaster asks it that evidence vouches for. */
export function vouchedFor(bare: Signer, now: () => number): Signer {
  /** Of the latest check. */
  let answered: CheckPolicyResponse | undefined;
  const usageOf = (asked: { usage?: unknown }) => (asked.usage ?? {}) as Usage;
  const reservation = ({ walletId = "", requestId = "" }: { walletId?: string; requestId?: string }) =>
    answered === undefined ? {} : { reservation: reservedFor(walletId, requestId, answered) };
  const client: Signer = {
    ...bare,
    async checkPolicy(request, options) {
      const { usage, ...asked } = request as Asked<typeof CheckPolicyRequestSchema>;
      const { walletId = "", requestId = "", calls = [] } = asked;
      const terms = calls.map(({ payload }) => ({
        ...delegateTerms,
        ...(payload?.case === "intents" ? intentsTerms : {}),
      }));
      const usageStatement = stated(walletId, requestId, usageOf({ usage }), now());
      answered = await bare.checkPolicy({ usageStatement, terms, ...asked } as typeof request, options);
      return answered;
    },
    async checkDirectUserPolicy(request, options) {
      const { usage, ...asked } = request as Asked<typeof CheckDirectUserPolicyRequestSchema>;
      const { walletId = "", requestId = "" } = asked;
      const usageStatement = stated(walletId, requestId, usageOf({ usage }), now());
      answered = await bare.checkDirectUserPolicy({ usageStatement, ...asked } as typeof request, options);
      return answered;
    },
    signSimulation(request, options) {
      const { usage, ...asked } = request as Asked<typeof SignSimulationRequestSchema>;
      const usageStatement = stated(asked.walletId ?? "", undefined, usageOf({ usage }), now());
      return bare.signSimulation({ usageStatement, ...asked } as typeof request, options);
    },
    signStep(request, options) {
      const asked = request as Asked<typeof SignStepRequestSchema>;
      return bare.signStep({ ...reservation(asked), ...asked } as typeof request, options);
    },
    signDirectUserCall(request, options) {
      const asked = request as Asked<typeof SignDirectUserCallRequestSchema>;
      return bare.signDirectUserCall({ ...reservation(asked), ...asked } as typeof request, options);
    },
  };
  return client;
}
