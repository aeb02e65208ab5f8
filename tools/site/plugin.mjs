/** A plugin of TypeDoc: guides are called and grouped as a reader would, and each package's README stands above its exports. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Converter, MinimalSourceFile, normalizePath } from 'typedoc';

/** The group of a document, by the folder that it is in. */
const groups = [
  [/^docs\/tutorials\//, 'Tutorials'],
  [/^docs\/results\//, 'Results'],
  [/^docs\/decisions\//, 'Decisions'],
  [/^examples\//, 'Examples'],
  [/^docs\//, 'Guides'],
];

export function load(app) {
  const root = process.cwd();
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const path = relative(root, document.project.files.getReflectionPath(document));
    const [, heading] = /^# (.+)$/m.exec(document.content[0]?.text ?? '') ?? [];
    if (heading === undefined) app.logger.error(`${path} begins with no heading`);
    else document.name = heading;
    const found = groups.find(([folder]) => folder.test(path));
    if (found) document.frontmatter.group = found[1];
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const source = module.sources?.[0]?.fullFileName;
      if (source === undefined || !/packages[\\/][^\\/]+[\\/]src[\\/]index\.ts$/.test(source)) continue;
      const file = normalizePath(join(dirname(source), '..', 'README.md'));
      if (!existsSync(file)) continue;
      // without its heading, which is the module's name
      const text = readFileSync(file, 'utf8').replace(/^# .*\n/, '');
      module.readme = app.converter.parseRawComment(new MinimalSourceFile(text, file), project.files).content;
      project.files.registerReflectionPath(file, module);
    }
  });
}
