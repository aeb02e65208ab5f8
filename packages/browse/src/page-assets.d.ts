/** The page's code and style, bundled from `client/` when the package is built or when its sources are run. */

/** The files of the page. */
export interface PageAssets {
  /** Text files by name. */
  readonly texts: Readonly<Record<string, string>>;
  /** Binary files in base64, by name. */
  readonly bytes: Readonly<Record<string, string>>;
}

export function pageAssets(): PageAssets;
