/** Which of the server's budgets a request draws on. */
export type Bucket = "create" | "read";

/** Leave to send one request. It goes back to the limiter with what the server answered. */
export interface Turn {
  /** Whose budget it draws on. */
  readonly bucket: Bucket;
  /** Its place among all of its bucket, from 1. */
  readonly number: number;
  /** When it was given, as of `Date.now()`. */
  readonly sentAt: number;
  /** How many requests before it were over when it was sent, so that its answer counts them. */
  readonly settled: number;
  /** By when the server had taken it, as far as is known, and how many were sent until then. */
  takenAt: number;
  sentByThen: number;
}
