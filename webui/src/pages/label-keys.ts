// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** What the keys of the label page do. Which keys they are stands in `keymap.ts`. */
import { actionOf, chord, keysOf, type LabelAction, repeats } from "../keymap";
import type { LabelSession } from "../state/label-session.svelte";
import type { ViewSettings } from "../state/view-settings.svelte";
import type { ViewTools } from "../state/view-tools.svelte";
import type { ColorMode } from "../viewer/modes";
import type { Viewer } from "../viewer/viewer";

const TURN = Math.PI / 24;
const STEP_NEARER = 0.85;

export interface KeyTargets {
  session: LabelSession;
  viewer: Viewer | null;
  settings: ViewSettings;
  tools: ViewTools | null; // Once the scan is known.
  focus: () => void;
  help: () => void;
}

function actionsOn(targets: KeyTargets): Record<LabelAction, () => void> {
  const { session, viewer, settings, tools } = targets;
  const show = (mode: ColorMode) => (): void => tools?.modes?.setMode(mode);
  return {
    skip: () => session.answer("skip"),
    unsure: () => session.answer("unsure"),
    unlisted: () => session.answer("unlisted"),
    sameObject: () => session.answerSameObject(),
    note: () => session.writeNote(),
    redo: () => session.redo(),
    undo: () => session.undo(),
    newInstance: () => session.newInstance(),
    instanceUp: () => session.changeInstance(1),
    findClass: () => (session.finding = true),
    instanceDown: () => session.changeInstance(-1),
    nextQuery: () => session.step(1),
    previousQuery: () => session.step(-1),
    nextOpen: () => session.goToNextOpen(),
    backToQuery: () => session.backToQuery(),
    cycleMode: () => tools?.modes?.cycle(),
    modeRgb: show("rgb"),
    modeLabels: show("labels"),
    modePrediction: show("prediction"),
    modeUncertainty: show("uncertainty"),
    modeInstances: show("instances"),
    modeHeight: show("height"),
    modeIntensity: show("intensity"),
    modeNormals: show("normals"),
    modeFeatures: show("features"),
    modeTruth: show("truth"),
    modeAgreement: show("agreement"),
    peek: () => (session.peeking = true),
    biggerPoints: () => settings.setPointSize(settings.pointSize + 0.2),
    smallerPoints: () => settings.setPointSize(settings.pointSize - 0.2),
    viewTools: () => tools && (tools.open = !tools.open),
    ceilingCut: () => tools?.setCutting(!tools.cutting),
    clipBox: () => tools?.setClipping(!tools.clipping),
    neighbourhood: () => tools?.setFading(!tools.fading),
    minimap: () => settings.set("minimap", !settings.minimap),
    screenshot: () => tools?.screenshot(),
    focus: targets.focus,
    resetView: () => viewer?.reset(),
    viewTop: () => tools?.showSide("top"),
    viewFront: () => tools?.showSide("front"),
    viewSide: () => tools?.showSide("side"),
    projection: () => tools?.setParallel(!tools.parallel),
    bookmark: () => tools?.addBookmark(),
    nextBookmark: () => tools?.nextBookmark(),
    orbitLeft: () => viewer?.orbitBy(-TURN, 0),
    orbitRight: () => viewer?.orbitBy(TURN, 0),
    orbitUp: () => viewer?.orbitBy(0, TURN),
    orbitDown: () => viewer?.orbitBy(0, -TURN),
    zoomIn: () => viewer?.dollyBy(STEP_NEARER),
    zoomOut: () => viewer?.dollyBy(1 / STEP_NEARER),
    help: targets.help,
  };
}

/** Whether a key that was pressed belongs to what has the focus rather than to the page. */
function isForFocused(event: KeyboardEvent, pressed: string): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input:not([type=range], [type=checkbox]), select, textarea")) return true;
  if (target?.closest("input[type=range]") && /Arrow|Home|Page/.test(pressed)) return true;
  // Someone moving by Tab expects these two to press what has the focus.
  const presses = pressed === "Space" || pressed === "Enter";
  return presses && target?.closest("button, a, summary, input") != null;
}

export function handleKeydown(event: KeyboardEvent, targets: KeyTargets): void {
  if (event.defaultPrevented || event.isComposing) return;
  const pressed = chord(event);
  if (isForFocused(event, pressed)) return;
  const place = targets.session.keys.indexOf(pressed);
  const action = actionOf(pressed);
  if (place < 0 && !action) return;
  event.preventDefault();
  if (place >= 0) {
    if (!event.repeat) targets.session.answerClass(place);
  } else if (action && (!event.repeat || repeats(action))) actionsOn(targets)[action]();
}

export function handleKeyup(event: KeyboardEvent, session: LabelSession): void {
  // Let go in any order: what was held with it does not matter.
  const letGo = lastPart(chord(event));
  if (keysOf("peek").some((key) => lastPart(key) === letGo)) session.peeking = false;
}

function lastPart(key: string): string {
  return key === "+" || key.endsWith("++") ? "+" : (key.split("+").at(-1) ?? key);
}
