import { Ajv2020, type AnySchema } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { OpenApiDocument, Schema } from "../../src/core/openapi/types.ts";

/** Holds values to schemas of the document. */
export function ajvOf(document: OpenApiDocument): Ajv2020 {
  const validator = new Ajv2020({ strict: false, allErrors: true });
  // Its types name the module, not what the module is.
  (formats as unknown as (validator: Ajv2020) => void)(validator);
  validator.addSchema(document as unknown as AnySchema, "openapi");
  return validator;
}

/** A schema of the document, with references that find their way from outside of it. */
export const outside = (schema: Schema): AnySchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi#/'));
