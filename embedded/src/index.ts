export { type Product, type ProductConfig, type ProductDeps, readProductConfig, startProduct } from "./product.ts";
