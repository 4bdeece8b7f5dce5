declare module "manual" {
  const pages: { name: string; title: string; html: string }[];
  export default pages;
}
declare module "used-styles";
declare module "*.css";
