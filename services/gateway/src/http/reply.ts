import type { FastifyReply } from "fastify";
import type { Answer, AnswerHeaders } from "../core/answer.ts";
import { type Problem, problemBody, problemHeaders } from "../core/problem.ts";

/** Headers of every answer: no answer is for frames, sniffing or shared caches. */
export const commonHeaders: AnswerHeaders = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

export type SendableAnswer = Exclude<Answer, { readonly kind: "events" }>;

export function sendAnswer(reply: FastifyReply, answer: SendableAnswer): FastifyReply {
  reply.headers(commonHeaders);
  switch (answer.kind) {
    case "json": {
      const type = answer.status >= 400 ? "application/problem+json" : "application/json";
      return reply
        .code(answer.status)
        .headers({ "content-type": `${type}; charset=utf-8`, ...answer.headers })
        .send(JSON.stringify(answer.body));
    }
    case "record":
      return reply
        .code(200)
        .headers({ "content-type": "application/json; charset=utf-8", ...answer.headers })
        .send(answer.text);
    case "document":
      return reply.code(200).headers(answer.headers).send(answer.text);
    case "unchanged":
      return reply.code(304).headers(answer.headers).send();
    case "empty":
      return reply.code(204).send();
  }
}

/** @param instance path of the request */
export function answerOfProblem(problem: Problem, instance: string): SendableAnswer {
  const headers = { ...problemHeaders(problem), ...problem.headers };
  return { kind: "json", status: problem.status, headers, body: problemBody(problem, instance) };
}

/** Id of the record in an answer. */
export function requestIdOf(answer: Answer): string | undefined {
  switch (answer.kind) {
    case "json": {
      const id = answer.body.request_id;
      return typeof id === "string" ? id : undefined;
    }
    case "document":
      return undefined;
    case "record":
    case "unchanged":
    case "empty":
    case "events":
      return answer.requestId;
  }
}
