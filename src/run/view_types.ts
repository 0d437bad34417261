/** The views of an output that its type allows, so that no view compiles that could only fail. */

import type { FileOutput } from "../files/output.ts";

/** The views that an output of this type never has. */
export type AbsentViews<O> =
  | (true extends HasFile<O> ? never : "file" | "files")
  | (true extends HasText<O> ? never : "text");

/** A union with `true` in it if there can be a file inside. `Depth` ends types that contain themselves. */
export type HasFile<O, Depth extends 0[] = []> = unknown extends O ? true
  : Depth["length"] extends 6 ? true
  : O extends FileOutput ? true
  : O extends readonly (infer T)[] ? HasFile<T, [...Depth, 0]>
  : O extends object ? { [K in keyof O]-?: HasFile<O[K], [...Depth, 0]> }[keyof O]
  : false;

/** A union with `true` in it if the output can be text, or a list of it. */
export type HasText<O> = unknown extends O ? true
  : O extends string ? true
  : O extends readonly (infer T)[] ? unknown extends T ? true : T extends string ? true : false
  : false;
