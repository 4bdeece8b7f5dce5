declare module "manual" {
  const pages: { name: string; title: string; html: string }[];
  export default pages;
}
declare module "used-styles";
declare module "*.css";
// Of node, what the tests use.
declare module "node:assert/strict" {
  const assert: {
    ok(value: unknown, message?: string): void;
    equal(found: unknown, expected: unknown, message?: string): void;
    notEqual(found: unknown, other: unknown): void;
    deepEqual(found: unknown, expected: unknown): void;
  };
  export default assert;
}
