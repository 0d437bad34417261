/** The table of all routes: their names, methods, paths and handlers. */

import type { Handler } from "../handler.ts";
import { openStream } from "../stream.ts";
import * as catalog from "./catalog.ts";
import * as creates from "./create_prediction.ts";
import * as deployments from "./deployments.ts";
import * as files from "./files.ts";
import * as models from "./models.ts";
import * as predictions from "./predictions.ts";
import * as trainings from "./trainings.ts";

/** One route. */
export interface Route {
  /** The `operationId` of the API. */
  readonly operation: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly handler: Handler;
  /** True when the route requires a token. */
  readonly auth: boolean;
  /** The rate limit that the route counts against. */
  readonly limit: "create" | "read" | "none";
}

type Traits = Partial<Pick<Route, "auth" | "limit">>;

/** Makes a route from `METHOD /path/{param}`; `{rest}` stands for the rest of a path. */
function route(
  operation: string,
  target: string,
  handler: Handler,
  { auth = true, limit = "read" }: Traits = {},
): Route {
  const [method = "", path = ""] = target.split(" ");
  const source = path.replace(/\{rest\}/, "(?<rest>.+)").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return { operation, method, pattern: new RegExp(`^${source}$`), handler, auth, limit };
}

const CREATE: Traits = { limit: "create" };
// Replicate has never been seen to send a limit with an answer of the file routes.
const UNLIMITED: Traits = { limit: "none" };
const PUBLIC: Traits = { auth: false, limit: "none" };

const MODEL = "/models/{owner}/{name}";
const VERSION = `${MODEL}/versions/{version}`;
const DEPLOYMENT = "/deployments/{owner}/{name}";

/** Every route of the fake: the operations of the API, then streams and output files. */
export const ROUTES: readonly Route[] = [
  route("account.get", "GET /account", catalog.getAccount),
  route("collections.list", "GET /collections", catalog.listCollections),
  route("collections.get", "GET /collections/{slug}", catalog.getCollection),
  route("deployments.list", "GET /deployments", deployments.listDeployments),
  route("deployments.create", "POST /deployments", deployments.createDeployment),
  route("deployments.get", `GET ${DEPLOYMENT}`, deployments.getDeployment),
  route("deployments.update", `PATCH ${DEPLOYMENT}`, deployments.updateDeployment),
  route("deployments.delete", `DELETE ${DEPLOYMENT}`, deployments.deleteDeployment),
  route(
    "deployments.predictions.create",
    `POST ${DEPLOYMENT}/predictions`,
    creates.createByDeployment,
    CREATE,
  ),
  route("files.list", "GET /files", files.listFiles, UNLIMITED),
  route("files.create", "POST /files", files.createFile, UNLIMITED),
  route("files.get", "GET /files/{id}", files.getFile, UNLIMITED),
  route("files.delete", "DELETE /files/{id}", files.deleteFile, UNLIMITED),
  route("files.download", "GET /files/{id}/download", files.downloadFile, UNLIMITED),
  route("hardware.list", "GET /hardware", catalog.listHardware),
  route("models.list", "GET /models", models.listModels),
  route("models.create", "POST /models", models.createModel),
  route("models.search", "QUERY /models", models.searchModels),
  route("models.get", `GET ${MODEL}`, models.getModel),
  route("models.update", `PATCH ${MODEL}`, models.updateModel),
  route("models.delete", `DELETE ${MODEL}`, models.deleteModel),
  route("models.examples.list", `GET ${MODEL}/examples`, models.listExamples),
  route(
    "models.predictions.create",
    `POST ${MODEL}/predictions`,
    creates.createByModel,
    CREATE,
  ),
  route("models.readme.get", `GET ${MODEL}/readme`, models.getReadme),
  route("models.versions.list", `GET ${MODEL}/versions`, models.listVersions),
  route("models.versions.get", `GET ${VERSION}`, models.getVersion),
  route("models.versions.delete", `DELETE ${VERSION}`, models.deleteVersion),
  route(
    "trainings.create",
    `POST ${VERSION}/trainings`,
    trainings.createTraining,
  ),
  route("predictions.list", "GET /predictions", predictions.listPredictions),
  route("predictions.create", "POST /predictions", creates.createByVersion, CREATE),
  route("predictions.get", "GET /predictions/{id}", predictions.getPrediction),
  route("predictions.cancel", "POST /predictions/{id}/cancel", predictions.cancelPrediction),
  route("search", "GET /search", catalog.search, { auth: false }),
  route("trainings.list", "GET /trainings", trainings.listTrainings),
  route("trainings.get", "GET /trainings/{id}", trainings.getTraining),
  route("trainings.cancel", "POST /trainings/{id}/cancel", trainings.cancelTraining),
  route("webhooks.default.secret.get", "GET /webhooks/default/secret", catalog.getSecret),
  route("streams.get", "GET /streams/{key}", openStream, PUBLIC),
  route("outputs.get", "GET /delivery/{rest}", files.getOutput, PUBLIC),
  route("outputs.get", "HEAD /delivery/{rest}", files.getOutput, PUBLIC),
];
