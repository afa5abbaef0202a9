import { createClient, createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import {
  type SignCancelRequest,
  type SignDirectUserCallResponse,
  SignerProxyService,
  type SignSimulationResponse,
  type SignStepRequest,
  type SignStepResponse,
  type StepTerms,
} from "@outlayer/contracts/outlayer/signer_proxy/v1/signer_proxy";
import type { ProductDeps } from "@outlayer/embedded";

type Terms = Omit<StepTerms, "$typeName" | "$unknown">;

export interface Misbehaviour {
  /** Changes on what terms the real signer proxy is asked to sign a step: when it gives the grant, and when it signs. */
  readonly terms?: (step: number, terms: Terms) => Partial<Terms>;
  /** Changes, or does something with, what it answered. */
  readonly answer?: (
    response: SignStepResponse,
    request: SignStepRequest,
  ) => SignStepResponse | Promise<SignStepResponse>;
  /** The same for a direct-user call. */
  readonly signDirectUserCall?: (
    response: SignDirectUserCallResponse,
  ) => SignDirectUserCallResponse | Promise<SignDirectUserCallResponse>;
  /** Sees what was signed for a simulation. */
  readonly simulated?: (response: SignSimulationResponse) => void;
  /** Does something before a cancel is signed. */
  readonly beforeCancel?: (request: SignCancelRequest) => void | Promise<void>;
}

/** Puts something between the broadcaster and the signer proxy, for what the real one would never let through. */
export function misbehavingSigner({
  terms = () => ({}),
  answer,
  signDirectUserCall,
  simulated,
  beforeCancel,
}: Misbehaviour): NonNullable<ProductDeps["wrap"]> {
  return {
    "signer-proxy": (service) => {
      const real = createClient(
        SignerProxyService,
        createRouterTransport((router) => service.routes.register(router)),
      );
      const implementation: ServiceImpl<typeof SignerProxyService> = {
        getAccount: (request) => real.getAccount(request),
        checkPolicy: (request) => {
          const changed = request.terms.map((of, step) => ({ ...of, ...terms(step, of) }));
          return real.checkPolicy({ ...request, terms: changed });
        },
        prepareDirectUserKey: (request) => real.prepareDirectUserKey(request),
        checkDirectUserPolicy: (request) => real.checkDirectUserPolicy(request),
        async signDirectUserCall(request) {
          const response = await real.signDirectUserCall(request);
          return signDirectUserCall?.(response) ?? response;
        },
        async signSimulation(request) {
          const response = await real.signSimulation(request);
          simulated?.(response);
          return response;
        },
        async signCancel(request) {
          await beforeCancel?.(request);
          return real.signCancel(request);
        },
        async signStep(request) {
          const response = await real.signStep({ ...request, ...terms(request.step, request) });
          return answer?.(response, request) ?? response;
        },
      };
      return {
        ...service,
        routes: { ...service.routes, register: (router) => void router.service(SignerProxyService, implementation) },
      };
    },
  };
}

/** Flips a bit of the delegate's signature, in one step. */
export function corruptSignature(step: number): NonNullable<ProductDeps["wrap"]> {
  return misbehavingSigner({
    answer(response, request) {
      if (request.step !== step) return response;
      const bytes = Buffer.from(response.signedDelegateBase64, "base64");
      bytes[bytes.length - 40] = (bytes.at(-40) ?? 0) ^ 1;
      return { ...response, signedDelegateBase64: bytes.toString("base64") };
    },
  });
}
