/** The script and style of a page: bundled from `client/` when the package is built, or when its sources are run. */

/** `report`: charts of runs. `gallery`: images in groups. */
export type PageKind = 'report' | 'gallery';

/** Script and style, as text. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
  /** `sha256-…` of the script, for the page's content security policy. */
  readonly scriptHash: string;
}

export function pageAssets(kind: PageKind): PageAssets;
