/** Content types, from the name of a file or from its first bytes. */

/** How many of a file's first bytes {@linkcode typeOfBytes} looks at. */
export const HEAD = 64;

const UNKNOWN = "application/octet-stream";

const TYPES: Readonly<Record<string, string>> = {
  aac: "audio/aac",
  avi: "video/x-msvideo",
  avif: "image/avif",
  bmp: "image/bmp",
  csv: "text/csv",
  flac: "audio/flac",
  gif: "image/gif",
  glb: "model/gltf-binary",
  gz: "application/gzip",
  heic: "image/heic",
  html: "text/html",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json",
  jsonl: "application/jsonl",
  m4a: "audio/mp4",
  md: "text/markdown",
  mkv: "video/x-matroska",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  pdf: "application/pdf",
  png: "image/png",
  srt: "application/x-subrip",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  tif: "image/tiff",
  tiff: "image/tiff",
  txt: "text/plain",
  vtt: "text/vtt",
  wav: "audio/wav",
  webm: "video/webm",
  webp: "image/webp",
  xml: "application/xml",
  zip: "application/zip",
};

/** The content type that a name's ending stands for. */
export function typeOfName(name: string | undefined): string | undefined {
  const ending = /\.([a-z0-9]+)$/i.exec(name ?? "")?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined;
}

/** The usual ending for a content type, with its dot; `""` where none is known. */
export function endingOf(type: string): string {
  const plain = type.split(";")[0]?.trim().toLowerCase();
  if (plain === "image/jpeg") return ".jpg";
  const entry = Object.entries(TYPES).find(([, value]) => value === plain);
  return entry ? `.${entry[0]}` : "";
}

/** The content type that the first bytes of a file show. */
export function typeOfBytes(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head.subarray(0, HEAD));
  for (const [mark, type] of MARKS) if (text.startsWith(mark)) return type;
  if (text.startsWith("RIFF")) return RIFF[text.slice(8, 12)];
  if (text.slice(4, 8) === "ftyp") return BRANDS[text.slice(8, 12)] ?? "video/mp4";
  if (text.startsWith("\x1aE\xdf\xa3")) {
    return text.includes("webm") ? "video/webm" : "video/x-matroska";
  }
  return isMp3Frame(head) ? "audio/mpeg" : undefined;
}

/** The content type of a file: from its name, else from its first bytes. */
export function typeOf(name: string | undefined, head: Uint8Array): string {
  return typeOfName(name) ?? typeOfBytes(head) ?? UNKNOWN;
}

const MARKS: readonly [mark: string, type: string][] = [
  ["\x89PNG\r\n\x1a\n", "image/png"],
  ["\xff\xd8\xff", "image/jpeg"],
  ["GIF87a", "image/gif"],
  ["GIF89a", "image/gif"],
  ["%PDF-", "application/pdf"],
  ["PK\x03\x04", "application/zip"],
  ["PK\x05\x06", "application/zip"],
  ["fLaC", "audio/flac"],
  ["OggS", "audio/ogg"],
  ["ID3", "audio/mpeg"],
];

const RIFF: Readonly<Record<string, string>> = {
  WEBP: "image/webp",
  WAVE: "audio/wav",
  "AVI ": "video/x-msvideo",
};

const BRANDS: Readonly<Record<string, string>> = {
  "qt  ": "video/quicktime",
  "M4A ": "audio/mp4",
  avif: "image/avif",
  heic: "image/heic",
};

/** An MP3 without tags begins with a frame: 11 bits of sync, layer III, and no reserved value. */
function isMp3Frame([first = 0, second = 0, third = 0]: Uint8Array): boolean {
  const version = (second >> 3) & 3;
  const layer = (second >> 1) & 3;
  const rates = third >> 4 !== 15 && third >> 4 !== 0 && ((third >> 2) & 3) !== 3;
  return first === 0xff && second >> 5 === 7 && version !== 1 && layer === 1 && rates;
}
