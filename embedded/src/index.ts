export { type ProductDeps, readProductConfig, startProduct } from "./product.ts";
