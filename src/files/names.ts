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
  return typesByEnding().find(([known]) => known === ending)?.[1];
}

/** Returns the usual ending for a content type, with its dot; `""` if none is known. */
export function endingOf(type: string): string {
  const plain = type.split(";")[0]?.trim().toLowerCase();
  const [ending] = typesByEnding().find(([, known]) => known === plain) ?? [];
  return ending ? `.${ending}` : "";
}

function typesByEnding(): [ending: string, type: string][] {
  return Object.entries(TYPES).flatMap(([top, endings]) =>
    endings.split(" ").map((entry): [string, string] => {
      const [ending = "", subtype = ending] = entry.split("=");
      return [ending, `${top}/${subtype}`];
    })
  );
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
