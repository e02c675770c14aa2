// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** The ways to learn. */
import type { Variant } from "../api/types";
import { t } from "../i18n";

export const VARIANTS = [
  "superpoints",
  "head",
  "adapter",
  "network",
] as const satisfies readonly Variant[];

/** What descends step by step; the others are fitted in one go. */
export const STEPPING: readonly Variant[] = ["adapter", "network"];

export const variantTitle = (variant: Variant): string => t(`models.variant.${variant}`);
export const variantHint = (variant: Variant): string => t(`models.variantHint.${variant}`);

/** A checkpoint may be of a way to learn that this page does not know. */
export function variantName(variant: string): string {
  const known = VARIANTS.find((v) => v === variant);
  return known ? variantTitle(known) : variant;
}
