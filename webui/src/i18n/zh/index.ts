// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0
import archives from "./archives.json";
import common from "./common.json";
import dashboard from "./dashboard.json";
import exports from "./exports.json";
import label from "./label.json";
import labelsIn from "./labels-in.json";
import models from "./models.json";
import moving from "./moving.json";
import review from "./review.json";
import scans from "./scans.json";
import setup from "./setup.json";
import view from "./view.json";

export default {
  ...archives,
  ...common,
  ...dashboard,
  ...exports,
  ...label,
  ...labelsIn,
  ...models,
  ...moving,
  ...review,
  ...scans,
  ...setup,
  ...view,
};
