/** What the page is made of beside its content: bundled from `client/` when the package is built, or when its sources are run. */

/** Files of the page. */
export interface PageAssets {
  /** Texts by the name of the file. */
  readonly texts: Readonly<Record<string, string>>;
  /** Files of bytes, in base64. */
  readonly bytes: Readonly<Record<string, string>>;
}

export function pageAssets(): PageAssets;
