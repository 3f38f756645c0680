// Builds dist/ (modules, types, one minified file, and dist/cjs for require()), and unless told `dist` ../../page/microframe.js: the
// whole client in one readable file, which the server embeds and the repo holds, so that building the server needs no npm.
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const bundle = { entryPoints: ["src/index.ts"], bundle: true, format: "esm", target: "es2022", legalComments: "none" };
export const page = {
  ...bundle, outfile: "../../page/microframe.js", charset: "utf8",
  banner: { js: "// The client of clients/js in one file, made by its `npm run build`: change it there." },
};
// Without `?.` and private fields, which old bundlers do not parse, in a folder that says what it is: they know no .cjs.
export const commonjs = { ...bundle, format: "cjs", target: "es2018", outfile: "dist/cjs/index.js" };
export const minified = { ...bundle, outfile: "dist/microframe.min.js", minify: true };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(fileURLToPath(new URL(".", import.meta.url)));
  rmSync("dist", { recursive: true, force: true });
  execFileSync("node_modules/.bin/tsc", { stdio: "inherit" });
  if (process.argv[2] !== "dist") await build(page);
  await build(minified);
  await build(commonjs);
  for (const name of readdirSync("dist").filter((file) => file.endsWith(".d.ts"))) copyFileSync(`dist/${name}`, `dist/cjs/${name}`);
  writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');
}
