/** Names of files, and the content types that names and first bytes show. */

/** Returns the last part of a path, or of the path of a URL. */
export function baseName(path: string | URL): string | undefined {
  const text = typeof path === "string" ? path : unescaped(path.pathname);
  return text.match(/[^/\\]+/g)?.at(-1);
}

/** Decodes a part of a URL; returns it unchanged if it cannot be decoded. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The most bytes of UTF-8 that a name may have, at the server and on most disks. */
export const LONGEST_NAME = 255;
/** The most bytes of a name that is suggested: a program may still add to it. */
const LONGEST_SUGGESTION = 120;

/** The longest ending that is kept when a name is cut, with its dot. */
const LONGEST_ENDING = 16;

/** Cuts a name to a number of bytes in UTF-8; its ending stays. */
export function cutName(name: string, most: number): string {
  const bytes = encoded(name);
  if (bytes.length <= most) return name;
  const [tail = ""] = /(?!^)\.[^.]*$/.exec(name) ?? [];
  const { length } = encoded(tail);
  const ending = length <= LONGEST_ENDING ? tail : "";
  const start = bytes.subarray(0, ending ? most - length : most);
  // A cut within a character would leave half of it.
  return new TextDecoder().decode(start).replace(/\ufffd+$/, "") + ending;
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Characters that no name should have: those of control, and those that reorder text on a screen. */
// deno-lint-ignore no-control-regex
const UNSEEN = /[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Returns a name that somebody else gave without its unseen characters, at most 255 bytes. */
export function foreignName(name: string | undefined): string | undefined {
  return name && cutName(name.replace(UNSEEN, ""), LONGEST_NAME);
}

/**
 * Returns a name that an address suggests in a form that is safe to save under: no separators, no
 * characters of control, nothing that hides the file or passes for an option of a command, no device
 * of Windows. `undefined` if nothing is left of it.
 */
export function suggestedName(name: string): string | undefined {
  const plain = name.slice(0, 4096).replace(UNSEEN, "_").replace(/[/\\:*?"<>|]/g, "_")
    .replace(/^[.\-\s]+/, "");
  // Windows drops dots and spaces at the end. Cut first, as the expression is quadratic.
  const cut = cutName(plain, LONGEST_SUGGESTION).replace(/[. ]+$/, "");
  const isDevice = /^(con(in\$|out\$)?|prn|aux|nul|(com|lpt)[0-9¹²³])\s*(\.|$)/i;
  return isDevice.test(cut) ? `_${cut}` : cut || undefined;
}

/** The number of first bytes that {@linkcode typeOfBytes} looks at. */
export const HEAD = 64;

const UNKNOWN = "application/octet-stream";

/** Endings of names, with the subtype where it differs. The first ending of a type is the usual one. */
const TYPES: Readonly<Record<string, string>> = {
  application: "gz=gzip json jsonl pdf srt=x-subrip tar=x-tar xml zip",
  audio: "aac flac m4a=mp4 mp3=mpeg oga=ogg ogg opus=ogg wav",
  image: "avif bmp gif heic jpg=jpeg jpeg png svg=svg+xml tif=tiff tiff webp",
  model: "glb=gltf-binary",
  text: "csv html md=markdown txt=plain vtt",
  video: "avi=x-msvideo mkv=x-matroska mov=quicktime mp4 webm",
};

/** Patterns of first bytes, by the ending of the type that begins so. */
const MARKS: Readonly<Record<string, string>> = {
  png: "\x89PNG\r\n\x1a\n",
  jpg: "\xff\xd8\xff",
  gif: "GIF8[79]a",
  pdf: "%PDF-",
  zip: "PK(\x03\x04|\x05\x06)",
  flac: "fLaC",
  ogg: "OggS",
  // An MP3 without tags begins with a frame: 11 bits of sync, layer III, no reserved version or rate.
  mp3: "ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]",
  webp: "RIFF.{4}WEBP",
  wav: "RIFF.{4}WAVE",
  avi: "RIFF.{4}AVI ",
  mov: ".{4}ftypqt  ",
  m4a: ".{4}ftypM4A ",
  avif: ".{4}ftypavif",
  heic: ".{4}ftypheic",
  mp4: ".{4}ftyp",
  webm: "\x1aE\xdf\xa3.*webm",
  mkv: "\x1aE\xdf\xa3",
};

/** Returns the content type for the ending of a name. */
export function typeOfName(name: string | undefined): string | undefined {
  const ending = /\.([a-z0-9]+)$/i.exec(name ?? "")?.[1]?.toLowerCase();
  return knownType((known) => known === ending)?.[1];
}

/** Returns the usual ending for a content type, with its dot; `""` if none is known. */
export function endingOf(type: string): string {
  const plain = type.split(";")[0]?.trim().toLowerCase();
  const [ending] = knownType((_, known) => known === plain) ?? [];
  return ending ? `.${ending}` : "";
}

/** Returns the first of the known endings, with its type, that passes a test. */
function knownType(
  test: (ending: string, type: string) => boolean,
): [ending: string, type: string] | undefined {
  for (const [top, endings] of Object.entries(TYPES)) {
    for (const entry of endings.split(" ")) {
      const [ending = "", subtype = ending] = entry.split("=");
      const type = `${top}/${subtype}`;
      if (test(ending, type)) return [ending, type];
    }
  }
}

/** Returns the content type that the first bytes of a file show. */
export function typeOfBytes(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head.subarray(0, HEAD));
  const [ending] =
    Object.entries(MARKS).find(([, mark]) => new RegExp(`^(?:${mark})`, "s").test(text)) ?? [];
  return typeOfName(`.${ending}`);
}

/** Returns the content type of a file: by its name, else by its first bytes. */
export function typeOf(name: string | undefined, head: Uint8Array = new Uint8Array()): string {
  return typeOfName(name) ?? typeOfBytes(head) ?? UNKNOWN;
}
