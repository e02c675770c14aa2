// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Every shortcut of the label page. Buttons show their key from here and the help dialog is made from it. */

export interface Shortcut {
  action: Action;
  keys: readonly string[]; // Written as `chord` writes them; the first is the one shown.
  title: string;
  group: Group;
  hold?: boolean; // Also acts when the key is let go.
  repeats?: boolean; // Also acts again and again while the key is down; anything that answers acts once.
}

export const GROUPS = ["Answer", "Move between queries", "View", "Camera", "Help"] as const;
export type Group = (typeof GROUPS)[number];

export const ACTIONS = [
  "skip",
  "unsure",
  "undo",
  "newInstance",
  "instanceUp",
  "instanceDown",
  "nextQuery",
  "previousQuery",
  "nextOpen",
  "backToQuery",
  "cycleMode",
  "modeRgb",
  "modeLabels",
  "modePrediction",
  "peek",
  "biggerPoints",
  "smallerPoints",
  "focus",
  "resetView",
  "orbitLeft",
  "orbitRight",
  "orbitUp",
  "orbitDown",
  "zoomIn",
  "zoomOut",
  "help",
] as const;
export type Action = (typeof ACTIONS)[number];

export const SHORTCUTS: readonly Shortcut[] = [
  { action: "skip", keys: ["Space"], title: "Skip this query", group: "Answer" },
  { action: "unsure", keys: ["U"], title: "Unsure", group: "Answer" },
  { action: "undo", keys: ["Ctrl+Z", "Backspace"], title: "Undo the last answer", group: "Answer" },
  { action: "newInstance", keys: ["N"], title: "New instance number", group: "Answer" },
  { action: "instanceUp", keys: ["]"], title: "Next instance number", group: "Answer" },
  { action: "instanceDown", keys: ["["], title: "Previous instance number", group: "Answer" },
  {
    action: "nextQuery",
    keys: ["ArrowRight", "ArrowDown"],
    title: "Next query",
    group: "Move between queries",
    repeats: true,
  },
  {
    action: "previousQuery",
    keys: ["ArrowLeft", "ArrowUp"],
    title: "Previous query",
    group: "Move between queries",
    repeats: true,
  },
  {
    action: "nextOpen",
    keys: ["Enter"],
    title: "Next unanswered query",
    group: "Move between queries",
  },
  {
    action: "backToQuery",
    keys: ["Escape"],
    title: "From a free point back to the query",
    group: "Move between queries",
  },
  { action: "cycleMode", keys: ["L"], title: "Colours, labels, prediction in turn", group: "View" },
  { action: "modeRgb", keys: ["Alt+1"], title: "Colours", group: "View" },
  { action: "modeLabels", keys: ["Alt+2"], title: "Labels from the answers", group: "View" },
  { action: "modePrediction", keys: ["Alt+3"], title: "Prediction of the network", group: "View" },
  { action: "peek", keys: ["P"], title: "Plain colours while held", group: "View", hold: true },
  {
    action: "biggerPoints",
    keys: ["+", "="],
    title: "Larger points",
    group: "View",
    repeats: true,
  },
  { action: "smallerPoints", keys: ["-"], title: "Smaller points", group: "View", repeats: true },
  { action: "focus", keys: ["F"], title: "Fly to the query again", group: "Camera" },
  { action: "resetView", keys: ["Home"], title: "Whole scan", group: "Camera" },
  {
    action: "orbitLeft",
    keys: ["Shift+ArrowLeft"],
    title: "Turn left",
    group: "Camera",
    repeats: true,
  },
  {
    action: "orbitRight",
    keys: ["Shift+ArrowRight"],
    title: "Turn right",
    group: "Camera",
    repeats: true,
  },
  { action: "orbitUp", keys: ["Shift+ArrowUp"], title: "Turn up", group: "Camera", repeats: true },
  {
    action: "orbitDown",
    keys: ["Shift+ArrowDown"],
    title: "Turn down",
    group: "Camera",
    repeats: true,
  },
  { action: "zoomIn", keys: ["PageUp"], title: "Nearer", group: "Camera", repeats: true },
  { action: "zoomOut", keys: ["PageDown"], title: "Farther", group: "Camera", repeats: true },
  { action: "help", keys: ["?", "F1"], title: "This list", group: "Help" },
];

export function repeats(action: Action): boolean {
  return SHORTCUTS.some((shortcut) => shortcut.action === action && shortcut.repeats);
}

/** What the mouse does, for the help dialog. */
export const GESTURES: readonly { keys: string; title: string }[] = [
  { keys: "Click", title: "Choose any point, then press a class key" },
  { keys: "Double-click", title: "Fly to a point" },
  { keys: "Left drag", title: "Orbit" },
  { keys: "Right drag", title: "Pan" },
  { keys: "Wheel", title: "Zoom towards the cursor" },
];

/** Key of the class at a place in the list, where the class names none itself: 1–9, 0, then with Shift. */
export function defaultClassKey(place: number): string | null {
  if (place < 0 || place > 19) return null;
  const digit = String((place + 1) % 10);
  return place < 10 ? digit : `Shift+${digit}`;
}

const RESERVED = new Set(SHORTCUTS.flatMap((shortcut) => shortcut.keys));

/** "a" -> "A", "shift+1" -> "Shift+1"; null when it is no key a class could have. */
export function normaliseClassKey(key: string | null): string | null {
  if (!key) return null;
  const match = /^(shift\+)?([0-9a-z])$/i.exec(key.trim());
  if (!match?.[2]) return null;
  const chord = `${match[1] ? "Shift+" : ""}${match[2].toUpperCase()}`;
  return RESERVED.has(chord) ? null : chord;
}

/**
 * The key of every class, by place in the list: its own where that is free, else the digit of its place where that
 * is free, else none.
 */
export function classKeys(classes: readonly { key: string | null }[]): (string | null)[] {
  const keys: (string | null)[] = classes.map(() => null);
  const taken = new Set<string>();
  const give = (place: number, key: string | null): void => {
    if (key === null || keys[place] || taken.has(key)) return;
    keys[place] = key;
    taken.add(key);
  };
  classes.forEach((c, place) => give(place, normaliseClassKey(c.key)));
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
}

/**
 * A pressed key as written in the table. Digits go by their place on the keyboard: Shift+1 gives "!" or something
 * else depending on the layout. Command on a Mac counts as Ctrl.
 */
export function chord(event: KeyLike): string {
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

const BY_CHORD = new Map<string, Action>(
  SHORTCUTS.flatMap((shortcut) => shortcut.keys.map((key) => [key, shortcut.action] as const)),
);

export function actionOf(pressed: string): Action | null {
  return BY_CHORD.get(pressed) ?? null;
}

const SHOWN: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  PageUp: "Page Up",
  PageDown: "Page Down",
};

/** For people: "Shift+ArrowLeft" -> "Shift ←". */
export function shown(key: string): string {
  if (key === "+") return key;
  return key
    .split("+")
    .map((part) => SHOWN[part] ?? part)
    .join(" ");
}

export function keyOf(action: Action): string {
  const shortcut = SHORTCUTS.find((s) => s.action === action);
  return shortcut?.keys[0] ? shown(shortcut.keys[0]) : "";
}
