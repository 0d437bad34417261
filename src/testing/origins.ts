/** The origins that URLs in the answers of a fake are on. */

/** The origin of each kind of URL. */
export interface Origins {
  readonly api: string;
  readonly stream: string;
  /** The origin of output files, with the path before them. */
  readonly delivery: string;
}

/** The origins for a `fetch` without a network, with the hosts of Replicate. */
export function originsOfReplicate(api: string): Origins {
  return {
    api,
    stream: "https://stream.replicate.com",
    delivery: "https://replicate.delivery",
  };
}

/** The origins for a server behind a socket, which serves everything itself. */
export function originsOfServer(origin: string): Origins {
  return { api: origin, stream: origin, delivery: `${origin}/delivery` };
}
