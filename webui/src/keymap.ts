// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Every shortcut of the app. Buttons show their key from here and the help dialogs are made from it. The words of an
 * action are in the catalogues under `key.` and its name. People may give actions other keys (`user-keys.ts`). A key
 * may mean one thing on each page: the label page and the review page are a scope each.
 */
import { t } from "./i18n";
import { currentUserKeys, setUserKeys, type UserKeys } from "./user-keys";

export interface Shortcut {
  action: Action;
  keys: readonly string[]; // Written as `chord` writes them; the first is the one shown.
  group: Group;
  hold?: boolean; // Also acts when the key is let go.
  repeats?: boolean; // Also acts again and again while the key is down; anything that answers acts once.
}

export const GROUPS = ["answer", "move", "view", "camera", "help", "review"] as const;
export type Group = (typeof GROUPS)[number];
export type Scope = "label" | "review";

const LABEL_ACTIONS = [
  "skip",
  "unsure",
  "unlisted",
  "sameObject",
  "note",
  "undo",
  "redo",
  "newInstance",
  "instanceUp",
  "instanceDown",
  "findClass",
  "nextQuery",
  "previousQuery",
  "nextOpen",
  "backToQuery",
  "cycleMode",
  "modeRgb",
  "modeLabels",
  "modePrediction",
  "modeUncertainty",
  "modeInstances",
  "modeHeight",
  "modeIntensity",
  "modeNormals",
  "modeFeatures",
  "modeTruth",
  "modeAgreement",
  "peek",
  "biggerPoints",
  "smallerPoints",
  "viewTools",
  "ceilingCut",
  "clipBox",
  "neighbourhood",
  "minimap",
  "screenshot",
  "focus",
  "resetView",
  "viewTop",
  "viewFront",
  "viewSide",
  "projection",
  "bookmark",
  "nextBookmark",
  "orbitLeft",
  "orbitRight",
  "orbitUp",
  "orbitDown",
  "zoomIn",
  "zoomOut",
  "help",
] as const;
export type LabelAction = (typeof LABEL_ACTIONS)[number];

const REVIEW_ACTIONS = [
  "reviewApprove",
  "reviewSendBack",
  "reviewUndo",
  "reviewNext",
  "reviewPrevious",
  "reviewFocus",
  "reviewWhole",
  "reviewModeRgb",
  "reviewModeLabels",
  "reviewModePrediction",
  "reviewHelp",
] as const;
export type ReviewAction = (typeof REVIEW_ACTIONS)[number];

export const ACTIONS = [...LABEL_ACTIONS, ...REVIEW_ACTIONS] as const;
export type Action = (typeof ACTIONS)[number];

export const SHORTCUTS: readonly Shortcut[] = [
  { action: "skip", keys: ["Space"], group: "answer" },
  { action: "unsure", keys: ["U"], group: "answer" },
  { action: "unlisted", keys: ["X"], group: "answer" },
  { action: "sameObject", keys: ["S"], group: "answer" },
  { action: "note", keys: ["E"], group: "answer" },
  { action: "undo", keys: ["Ctrl+Z", "Backspace"], group: "answer" },
  { action: "redo", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], group: "answer" },
  { action: "newInstance", keys: ["N"], group: "answer" },
  { action: "instanceUp", keys: ["]"], group: "answer" },
  { action: "instanceDown", keys: ["["], group: "answer" },
  { action: "findClass", keys: ["/", "Ctrl+K"], group: "answer" },
  {
    action: "nextQuery",
    keys: ["ArrowRight", "ArrowDown"],
    group: "move",
    repeats: true,
  },
  {
    action: "previousQuery",
    keys: ["ArrowLeft", "ArrowUp"],
    group: "move",
    repeats: true,
  },
  {
    action: "nextOpen",
    keys: ["Enter"],
    group: "move",
  },
  {
    action: "backToQuery",
    keys: ["Escape"],
    group: "move",
  },
  { action: "cycleMode", keys: ["L"], group: "view" },
  { action: "modeRgb", keys: ["Alt+1"], group: "view" },
  { action: "modeLabels", keys: ["Alt+2"], group: "view" },
  { action: "modePrediction", keys: ["Alt+3"], group: "view" },
  { action: "modeUncertainty", keys: ["Alt+4"], group: "view" },
  { action: "modeInstances", keys: ["Alt+5"], group: "view" },
  { action: "modeHeight", keys: ["Alt+6"], group: "view" },
  { action: "modeIntensity", keys: ["Alt+7"], group: "view" },
  { action: "modeNormals", keys: ["Alt+8"], group: "view" },
  { action: "modeFeatures", keys: ["Alt+9"], group: "view" },
  { action: "modeTruth", keys: ["Alt+0"], group: "view" },
  { action: "modeAgreement", keys: ["Shift+W"], group: "view" },
  { action: "peek", keys: ["P"], group: "view", hold: true },
  {
    action: "biggerPoints",
    keys: ["+", "="],
    group: "view",
    repeats: true,
  },
  { action: "smallerPoints", keys: ["-"], group: "view", repeats: true },
  { action: "viewTools", keys: ["Shift+V"], group: "view" },
  { action: "ceilingCut", keys: ["Shift+C"], group: "view" },
  { action: "clipBox", keys: ["Shift+X"], group: "view" },
  { action: "neighbourhood", keys: ["Shift+D"], group: "view" },
  { action: "minimap", keys: ["Shift+M"], group: "view" },
  { action: "screenshot", keys: ["Shift+I"], group: "view" },
  { action: "focus", keys: ["F"], group: "camera" },
  { action: "resetView", keys: ["Home"], group: "camera" },
  { action: "viewTop", keys: ["Shift+T"], group: "camera" },
  { action: "viewFront", keys: ["Shift+E"], group: "camera" },
  { action: "viewSide", keys: ["Shift+R"], group: "camera" },
  { action: "projection", keys: ["Shift+O"], group: "camera" },
  { action: "bookmark", keys: ["Shift+B"], group: "camera" },
  { action: "nextBookmark", keys: ["Shift+G"], group: "camera" },
  {
    action: "orbitLeft",
    keys: ["Shift+ArrowLeft"],
    group: "camera",
    repeats: true,
  },
  {
    action: "orbitRight",
    keys: ["Shift+ArrowRight"],
    group: "camera",
    repeats: true,
  },
  { action: "orbitUp", keys: ["Shift+ArrowUp"], group: "camera", repeats: true },
  {
    action: "orbitDown",
    keys: ["Shift+ArrowDown"],
    group: "camera",
    repeats: true,
  },
  { action: "zoomIn", keys: ["PageUp"], group: "camera", repeats: true },
  { action: "zoomOut", keys: ["PageDown"], group: "camera", repeats: true },
  { action: "help", keys: ["?", "F1"], group: "help" },
  { action: "reviewApprove", keys: ["A", "Enter"], group: "review" },
  { action: "reviewSendBack", keys: ["B"], group: "review" },
  { action: "reviewUndo", keys: ["Ctrl+Z", "Backspace"], group: "review" },
  { action: "reviewNext", keys: ["ArrowRight", "ArrowDown"], group: "review", repeats: true },
  { action: "reviewPrevious", keys: ["ArrowLeft", "ArrowUp"], group: "review", repeats: true },
  { action: "reviewFocus", keys: ["F"], group: "review" },
  { action: "reviewWhole", keys: ["Home"], group: "review" },
  { action: "reviewModeRgb", keys: ["Alt+1"], group: "review" },
  { action: "reviewModeLabels", keys: ["Alt+2"], group: "review" },
  { action: "reviewModePrediction", keys: ["Alt+3"], group: "review" },
  { action: "reviewHelp", keys: ["?", "F1"], group: "review" },
];

/** The page on which the keys of a group are heard. */
export function scopeOfGroup(group: Group): Scope {
  return group === "review" ? "review" : "label";
}

export function scopeOf(action: Action): Scope {
  return REVIEW_ACTIONS.some((name) => name === action) ? "review" : "label";
}

function shortcutsOf(scope: Scope): readonly Shortcut[] {
  return SHORTCUTS.filter(({ group }) => scopeOfGroup(group) === scope);
}

export function repeats(action: Action): boolean {
  return SHORTCUTS.some((shortcut) => shortcut.action === action && shortcut.repeats);
}

/** What the mouse does, for the help dialog. */
export const GESTURES = ["click", "doubleClick", "leftDrag", "rightDrag", "wheel"] as const;

/** Key of the class at a place in the list, where the class names none itself: 1–9, 0, then with Shift. */
export function defaultClassKey(place: number): string | null {
  if (place < 0 || place > 19) return null;
  const digit = String((place + 1) % 10);
  return place < 10 ? digit : `Shift+${digit}`;
}

/** Keys that the browser or the page needs for something else. */
const TAKEN =
  /^(?:Ctrl\+(?:Shift\+)?[CFNPQRTVWX0+-]|(?:Ctrl\+)?(?:Shift\+)?Tab|Escape|F5|F11|F12|Alt\+F4)$/;
const ONLY_MODIFIERS =
  /^(?:Ctrl\+)?(?:Alt\+)?(?:Shift\+)?(?:Control|Shift|Alt|AltGraph|Meta|CapsLock|Dead|Process|Unidentified)$/;

/** Whether a pressed key may be given to an action. "wait": only Shift or the like is down. */
export function fitness(pressed: string): "fit" | "taken" | "wait" {
  if (ONLY_MODIFIERS.test(pressed)) return "wait";
  return TAKEN.test(pressed) ? "taken" : "fit";
}

const DEFAULTS = new Map<Action, readonly string[]>(SHORTCUTS.map((s) => [s.action, s.keys]));

/** The keys of an action as they are now. */
export function keysOf(action: Action): readonly string[] {
  return currentUserKeys()[action] ?? DEFAULTS.get(action) ?? [];
}

/** Whether somebody changed the keys of an action. */
export function isChanged(action: Action): boolean {
  return action in currentUserKeys();
}

/** What a key means on a page. */
export function actionOf(pressed: string, scope?: "label"): LabelAction | null;
export function actionOf(pressed: string, scope: "review"): ReviewAction | null;
export function actionOf(pressed: string, scope: Scope): Action | null;
export function actionOf(pressed: string, scope: Scope = "label"): Action | null {
  return shortcutsOf(scope).find((s) => keysOf(s.action).includes(pressed))?.action ?? null;
}

/** Give an action keys; one that another action on the same page has is taken from that. */
export function giveKeys(action: Action, keys: readonly string[]): void {
  const next: Record<string, readonly string[]> = { ...currentUserKeys(), [action]: keys };
  for (const { action: other } of shortcutsOf(scopeOf(action))) {
    if (other === action) continue;
    const theirs = keysOf(other);
    const left = theirs.filter((key) => !keys.includes(key));
    if (left.length < theirs.length) next[other] = left;
  }
  setUserKeys(withoutDefaults(next));
}

/** The keys that the app comes with, for one action or for all. */
export function resetKeys(action: Action | null = null): void {
  if (action === null) setUserKeys({});
  else giveKeys(action, DEFAULTS.get(action) ?? []);
}

/** Take over keys from elsewhere; of actions that this version does not have, nothing is kept. */
export function importKeys(keys: UserKeys): void {
  const known = Object.entries(keys).filter(([action]) => ACTIONS.some((name) => name === action));
  setUserKeys(withoutDefaults(Object.fromEntries(known)));
}

function withoutDefaults(keys: UserKeys): UserKeys {
  return Object.fromEntries(
    Object.entries(keys).filter(
      ([action, theirs]) => theirs.join() !== DEFAULTS.get(action as Action)?.join(),
    ),
  );
}

/**
 * Actions on one page that share a key, which can only come from a file or an older version: the first one gets it.
 */
export function conflicts(): { key: string; actions: Action[] }[] {
  return (["label", "review"] as const).flatMap((scope) => {
    const owners = new Map<string, Action[]>();
    for (const { action } of shortcutsOf(scope))
      for (const key of keysOf(action)) owners.set(key, [...(owners.get(key) ?? []), action]);
    return [...owners].flatMap(([key, actions]) => (actions.length > 1 ? [{ key, actions }] : []));
  });
}

/** "a" -> "A", "shift+1" -> "Shift+1"; null when it is no key a class could have. */
export function normaliseClassKey(key: string | null): string | null {
  const chord = writtenClassKey(key);
  const taken = shortcutsOf("label").some((s) => chord !== null && s.keys.includes(chord));
  return taken ? null : chord;
}

function writtenClassKey(key: string | null): string | null {
  if (!key) return null;
  const match = /^(shift\+)?([0-9a-z])$/i.exec(key.trim());
  if (!match?.[2]) return null;
  const chord = `${match[1] ? "Shift+" : ""}${match[2].toUpperCase()}`;
  return chord;
}

/**
 * The key of every class, by place in the list: its own where that is free, else the digit of its place where that
 * is free, else none. A key of an action of the label page is not free.
 */
export function classKeys(classes: readonly { key: string | null }[]): (string | null)[] {
  const keys: (string | null)[] = classes.map(() => null);
  const taken = new Set<string>(shortcutsOf("label").flatMap(({ action }) => keysOf(action)));
  const give = (place: number, key: string | null): void => {
    if (key === null || keys[place] || taken.has(key)) return;
    keys[place] = key;
    taken.add(key);
  };
  classes.forEach((c, place) => give(place, writtenClassKey(c.key)));
  classes.forEach((_, place) => give(place, defaultClassKey(place)));
  return keys;
}

interface KeyLike {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  getModifierState?: (key: "AltGraph") => boolean;
}

/**
 * A pressed key as written in the table. Digits go by their place on the keyboard: Shift+1 gives "!" or something
 * else depending on the layout. Command on a Mac counts as Ctrl.
 */
export function chord(event: KeyLike): string {
  // The third character of a key: "[" is AltGr+8 on a German keyboard.
  if (event.getModifierState?.("AltGraph") && event.key.length === 1)
    return event.key.toUpperCase();
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  // On layouts with digits on Shift (French), an unshifted digit key still counts as its digit.
  let name: string;
  let shift = event.shiftKey;
  if (digit?.[1] && (event.code.startsWith("Digit") || /^[0-9]$/.test(event.key))) name = digit[1];
  else if (event.key === " ") name = "Space";
  else if (event.key.length === 1) {
    name = event.key.toUpperCase();
    // The character itself already says that Shift was down ("?", "+").
    if (name.toLowerCase() === name) shift = false;
  } else name = event.key;
  const ctrl = event.ctrlKey || event.metaKey;
  return `${ctrl ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${name}`;
}

const ARROWS: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
};
const NAMED = [
  "Space",
  "Escape",
  "PageUp",
  "PageDown",
  "Home",
  "End",
  "Delete",
  "Insert",
  "Shift",
  "Ctrl",
] as const;

/** For people: "Shift+ArrowLeft" -> "Shift ←". */
export function shown(key: string): string {
  if (key === "+") return key;
  return key
    .split("+")
    .map((part) => {
      const named = NAMED.find((name) => name === part);
      return named ? t(`keyname.${named}`) : (ARROWS[part] ?? part);
    })
    .join(" ");
}

export function keyOf(action: Action): string {
  const first = keysOf(action)[0];
  return first === undefined ? "" : shown(first);
}

/** The words of a button that has a key: "Unsure (U)". */
export function withKey(words: string, action: Action): string {
  const key = keyOf(action);
  return key === "" ? words : t("hint.key", { words, key });
}
