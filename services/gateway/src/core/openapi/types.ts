import type { JsonValue } from "@bufbuild/protobuf";

/** The part of OpenAPI 3.1 that this description uses, and that the page at `/docs` can show. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly license: { readonly name: string; readonly identifier: string };
    readonly description: string;
  };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Named<PathItem>;
  readonly components: {
    readonly schemas: Named<Schema>;
    readonly parameters: Named<Parameter>;
    readonly headers: Named<Header>;
    readonly responses: Named<Response>;
    readonly securitySchemes: Named<SecurityScheme>;
  };
}

export type Named<T> = Readonly<Record<string, T>>;

export interface Reference {
  readonly $ref: string;
}

export type Method = "get" | "post" | "delete";
export type PathItem = { readonly [M in Method]?: Operation };

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly [string];
  readonly summary: string;
  /** CommonMark. */
  readonly description: string;
  /** Alternatives; within one, all schemes are required. */
  readonly security: readonly Named<readonly string[]>[];
  readonly parameters?: readonly Reference[];
  readonly requestBody?: { readonly required: true; readonly content: Named<MediaType> };
  readonly responses: Named<Response | Reference>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description: string;
  readonly schema: Schema;
  readonly example?: JsonValue;
}

export interface Header {
  readonly description: string;
  readonly schema: Schema;
  readonly example?: JsonValue;
}

export interface Response {
  readonly description: string;
  readonly headers?: Named<Reference>;
  readonly content?: Named<MediaType>;
}

export interface MediaType {
  readonly schema: Schema;
  readonly examples: Named<Example>;
}

export interface Example {
  readonly summary: string;
  readonly value: JsonValue;
}

export type SecurityScheme =
  | { readonly type: "apiKey"; readonly in: "header"; readonly name: string; readonly description: string }
  | { readonly type: "http"; readonly scheme: "bearer"; readonly bearerFormat: string; readonly description: string };

/** The part of JSON Schema 2020-12 that occurs here. */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  /** Media type of the text's content. */
  readonly contentMediaType?: string;
  readonly contentSchema?: Schema;
  readonly enum?: readonly JsonValue[];
  readonly const?: JsonValue;
  readonly properties?: Named<Schema>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly examples?: readonly JsonValue[];
}

export const schemaRef = (name: string): Reference => ({ $ref: `#/components/schemas/${name}` });
export const parameterRef = (name: string): Reference => ({ $ref: `#/components/parameters/${name}` });
export const headerRef = (name: string): Reference => ({ $ref: `#/components/headers/${name}` });
export const responseRef = (name: string): Reference => ({ $ref: `#/components/responses/${name}` });

/** The last part of a reference. */
export function nameOfRef(ref: string): string {
  return ref.slice(ref.lastIndexOf("/") + 1);
}
