// Builds dist/ (modules, types, one minified file, and dist/cjs for require()), and unless told `dist` ../../page/microframe.js: the
// whole client in one readable file, which the server embeds and the repo holds, so that building the server needs no npm.
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minify } from "terser";

// Members that only the client's own modules use: neither of its interface, nor of a frame, nor of what the platform has.
const OWN = `about again answered ask asks bytesMax binary change changed content crowded depth depthMax drop early emit end ended
  failed fault forget forgives frame heard here holders joined joinedAt lastId left lost names next older oldest opened pause people
  place probe promise proved protocols read refused renew renewable reset restart resume settle start stop take text tooLong trace
  unwant want welcomed wish wishes withdrawn advised sentAt cost former taken rest`.split(/\s+/);

export const bundle = { entryPoints: ["src/index.ts"], bundle: true, format: "esm", target: "es2022", legalComments: "none" };
export const page = {
  ...bundle, outfile: "../../page/microframe.js", charset: "utf8",
  banner: { js: "// The client of clients/js in one file, made by its `npm run build`: change it there." },
};
// Without `?.` and private fields, which old bundlers do not parse, in a folder that says what it is: they know no .cjs.
export const commonjs = { ...bundle, format: "cjs", target: "es2018", outfile: "dist/cjs/index.js" };

// returns: the client in one small file.
export async function minified() {
  const { outputFiles: [{ text }] } = await build({ ...bundle, minify: true, mangleProps: new RegExp(`^(${OWN.join("|")})$`), write: false });
  const { code } = await minify(text, { module: true, ecma: 2020, compress: { passes: 3 }, mangle: { toplevel: true } });
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(fileURLToPath(new URL(".", import.meta.url)));
  rmSync("dist", { recursive: true, force: true });
  execFileSync("node_modules/.bin/tsc", { stdio: "inherit" });
  if (process.argv[2] !== "dist") await build(page);
  writeFileSync("dist/microframe.min.js", await minified());
  await build(commonjs);
  for (const name of readdirSync("dist").filter((file) => file.endsWith(".d.ts"))) copyFileSync(`dist/${name}`, `dist/cjs/${name}`);
  writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');
}
