export { tellExternal } from "./demo/external.ts";
export { type ProductDeps, readProductConfig, startProduct } from "./product.ts";
export { productInfo } from "./up-info.ts";
