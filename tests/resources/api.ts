/** Every resource on one object, as the client has them. */

import type { Send } from "../../src/http/types.ts";
import { AccountApi } from "../../src/resources/account.ts";
import { CollectionsApi } from "../../src/resources/collections.ts";
import { DeploymentsApi } from "../../src/resources/deployments.ts";
import { FilesApi } from "../../src/resources/files.ts";
import { HardwareApi } from "../../src/resources/hardware.ts";
import { ModelsApi } from "../../src/resources/models.ts";
import { PredictionsApi } from "../../src/resources/predictions.ts";
import { SearchApi } from "../../src/resources/search.ts";
import { TrainingsApi } from "../../src/resources/trainings.ts";
import { WebhooksApi } from "../../src/resources/webhooks.ts";

export interface Api {
  account: AccountApi;
  collections: CollectionsApi;
  deployments: DeploymentsApi;
  files: FilesApi;
  hardware: HardwareApi;
  models: ModelsApi;
  predictions: PredictionsApi;
  search: SearchApi["search"];
  trainings: TrainingsApi;
  webhooks: WebhooksApi;
}

export function createApi(send: Send): Api {
  return {
    account: new AccountApi(send),
    collections: new CollectionsApi(send),
    deployments: new DeploymentsApi(send),
    files: new FilesApi(send),
    hardware: new HardwareApi(send),
    models: new ModelsApi(send),
    predictions: new PredictionsApi(send),
    search: (options) => new SearchApi(send).search(options),
    trainings: new TrainingsApi(send),
    webhooks: new WebhooksApi(send),
  };
}
