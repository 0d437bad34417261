/**
 * Serve models to browsers: a proxy that hides the token and lets pages run what you allow, and tickets
 * with which a page watches a run that your server has started.
 *
 * @module
 */

export { type UserLimit } from "./limit.ts";
export { proxyHandler } from "./proxy.ts";
export type { ProxyAllow, ProxyOptions, ProxyRun } from "./proxy_options.ts";
export {
  issueTicket,
  type TicketClaims,
  type TicketJob,
  type TicketOptions,
  type TicketRight,
} from "./ticket.ts";
export { ticketHandler, type TicketHandlerOptions } from "./ticket_handler.ts";
export type { Handler, ServeClient, ServeRequest } from "./types.ts";
export {
  subscribe,
  type SubscribeOptions,
  Subscription,
  type WatchedRun,
  WatchError,
  type WatchErrorCode,
  type WatchEvent,
} from "./watch.ts";
