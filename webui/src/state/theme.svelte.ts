// SPDX-FileCopyrightText: The fewpoints authors
// SPDX-License-Identifier: Apache-2.0

/** Light or dark: as the system says, or as was chosen in this browser. `app.css` reads the attribute set here. */
export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "fewpoints:theme";

function stored(): Theme {
  try {
    return THEMES.find((name) => name === localStorage.getItem(KEY)) ?? "auto";
  } catch {
    return "auto";
  }
}

class ThemeChoice {
  chosen = $state<Theme>(stored());

  choose(theme: Theme): void {
    this.chosen = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // It holds until the page is closed.
    }
    applyTheme();
  }
}

export const theme = new ThemeChoice();

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.chosen;
}
