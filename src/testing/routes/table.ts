import type { Handler } from "../call.ts";
import { openStream } from "../stream.ts";
import * as catalog from "./catalog.ts";
import * as deployments from "./deployments.ts";
import * as files from "./files.ts";
import * as models from "./models.ts";
import * as predictions from "./predictions.ts";

/** A route: what it is called, what it answers, and how it is treated before that. */
export interface Route {
  readonly operation: string;
  readonly method: string;
  readonly pattern: RegExp;
  readonly handler: Handler;
  /** Whether it wants a token. */
  readonly auth: boolean;
  /** The budget it draws on. */
  readonly budget: "create" | "read" | "none";
}

type Traits = Partial<Pick<Route, "auth" | "budget">>;

function route(
  operation: string,
  where: string,
  handler: Handler,
  { auth = true, budget = "read" }: Traits = {},
): Route {
  const [method = "", path = ""] = where.split(" ");
  const source = path.replace(/\{rest\}/, "(?<rest>.+)").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return { operation, method, pattern: new RegExp(`^${source}$`), handler, auth, budget };
}

const CREATE: Traits = { budget: "create" };

/** No answer of the file routes was ever seen with a limit. */
const UNLIMITED: Traits = { budget: "none" };

const PUBLIC: Traits = { auth: false, budget: "none" };

const MODEL = "/models/{owner}/{name}";
const DEPLOYMENT = "/deployments/{owner}/{name}";

/** All that the fake answers: the operations of the API, then streams and output files. */
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
    predictions.createByDeployment,
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
    predictions.createByModel,
    CREATE,
  ),
  route("models.readme.get", `GET ${MODEL}/readme`, models.getReadme),
  route("models.versions.list", `GET ${MODEL}/versions`, models.listVersions),
  route("models.versions.get", `GET ${MODEL}/versions/{version}`, models.getVersion),
  route("models.versions.delete", `DELETE ${MODEL}/versions/{version}`, models.deleteVersion),
  route(
    "trainings.create",
    `POST ${MODEL}/versions/{version}/trainings`,
    predictions.createTraining,
  ),
  route("predictions.list", "GET /predictions", predictions.listPredictions),
  route("predictions.create", "POST /predictions", predictions.createByVersion, CREATE),
  route("predictions.get", "GET /predictions/{id}", predictions.getPrediction),
  route("predictions.cancel", "POST /predictions/{id}/cancel", predictions.cancelPrediction),
  route("search", "GET /search", catalog.search, { auth: false }),
  route("trainings.list", "GET /trainings", predictions.listTrainings),
  route("trainings.get", "GET /trainings/{id}", predictions.getTraining),
  route("trainings.cancel", "POST /trainings/{id}/cancel", predictions.cancelTraining),
  route("webhooks.default.secret.get", "GET /webhooks/default/secret", catalog.getSecret),
  route("streams.get", "GET /streams/{key}", openStream, PUBLIC),
  route("outputs.get", "GET /delivery/{rest}", files.getOutput, PUBLIC),
  route("outputs.get", "HEAD /delivery/{rest}", files.getOutput, PUBLIC),
];
