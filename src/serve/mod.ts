/**
 * Models in the browser: a proxy that hides your token and lets pages run the models you allow, and
 * tickets that let a page watch a run that your server has started.
 *
 * @module
 */

export { type ExpiringStore, expiringStore } from "../webhooks/expiring_store.ts";
export {
  type NodeHandler,
  type NodeRequest,
  type NodeResponse,
  toNodeHandler,
} from "../webhooks/node.ts";
export { type UserLimit } from "./limit.ts";
export type { AllowedSites } from "./origin.ts";
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
