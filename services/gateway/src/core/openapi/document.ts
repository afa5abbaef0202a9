import { paths } from "./operations.ts";
import { componentHeaders, componentParameters } from "./parameters.ts";
import { introduction, tagDescriptions } from "./prose.ts";
import { componentResponses } from "./responses.ts";
import { componentSchemas } from "./schemas.ts";
import { securitySchemes } from "./security.ts";
import type { OpenApiDocument } from "./types.ts";

export interface DocumentOptions {
  /** The gate in the examples. */
  readonly gateId: string;
  /** Seconds that a POST waits, where its caller sends no `Prefer: wait`. */
  readonly executeWaitSecs: number;
}

/** The OpenAPI description, generated from the schemas that validate requests and answers. */
export function openApiDocument({ gateId, executeWaitSecs }: DocumentOptions): OpenApiDocument {
  return {
    openapi: "3.1.0",
    info: {
      title: "OutLayer wallet coordinator",
      version: "1.0.0",
      summary: "NEAR Intents workflows, in order, with evidence.",
      license: { name: "All rights reserved", identifier: "LicenseRef-Proprietary" },
      description: introduction(executeWaitSecs),
    },
    servers: [{ url: "/", description: "Where this description came from." }],
    tags: Object.entries(tagDescriptions).map(([name, description]) => ({ name, description })),
    paths: paths(gateId),
    components: {
      schemas: componentSchemas(gateId),
      parameters: componentParameters(executeWaitSecs),
      headers: componentHeaders,
      responses: componentResponses,
      securitySchemes,
    },
  };
}
