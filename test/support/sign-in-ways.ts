import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { SignInService } from "@outlayer/contracts/outlayer/planner/v1/sign_in_service";
import { challengeJson, sessionJson } from "@outlayer/workflow";
import type { System } from "./system.ts";

interface Answered {
  /** HTTP's or gRPC's. */
  readonly code: number;
  readonly message: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

/** REST or gRPC, with the same bodies and answers. */
export interface Way {
  readonly name: string;
  /** Of each status, in this way. */
  readonly codes: {
    readonly ok: number;
    readonly invalid: number;
    readonly refused: number;
    readonly tooLarge: number;
  };
  challenge(body: object): Promise<Answered>;
  signIn(body: object): Promise<Answered>;
}

export function signInWays(system: () => System): readonly Way[] {
  const post = async (path: string, body: object): Promise<Answered> => {
    const headers = { "content-type": "application/json" };
    const url = `${system().product.restUrl}/wallet/v1/auth/${path}`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const answer = (await response.json()) as any;
    return { code: response.status, message: answer.message === undefined ? undefined : answer.detail, body: answer };
  };
  const client = () => createClient(SignInService, createGrpcTransport({ baseUrl: system().product.grpc.planner }));
  const answered = async (call: Promise<object>): Promise<Answered> => {
    try {
      return { code: 0, message: undefined, body: await call };
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      return { code, message: rawMessage, body: undefined };
    }
  };
  return [
    {
      name: "REST",
      codes: { ok: 200, invalid: 400, refused: 401, tooLarge: 413 },
      async challenge(body) {
        const { message: _, ...answer } = await post("challenge", body);
        return { ...answer, message: answer.code === 200 ? undefined : answer.body.message };
      },
      signIn: (body) => post("verify", body),
    },
    {
      name: "gRPC",
      codes: { ok: 0, invalid: Code.InvalidArgument, refused: Code.Unauthenticated, tooLarge: Code.ResourceExhausted },
      challenge: (body) =>
        answered(
          client()
            .createChallenge({ body: { case: "challengeJson", value: JSON.stringify(body) } })
            .then(challengeJson),
        ),
      signIn: (body) =>
        answered(
          client()
            .signIn({ body: { case: "signedChallengeJson", value: JSON.stringify(body) } })
            .then(sessionJson),
        ),
    },
  ];
}
