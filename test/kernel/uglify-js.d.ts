declare module "uglify-js" {
  export function minify(code: string, options: object): { readonly code: string; readonly error?: Error };
}
