import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html, jsonForScript, textOf } from '../src/html.js';

test('text is escaped, a piece of HTML is not, and nothing is shown of undefined and false', () => {
  const inner = html`<b>${'a & b'}</b>`;
  expect(textOf(html`<p title="${'"\'<>'}">${inner}${undefined}${false}${0}${['x', inner]}</p>`)).toBe(
    '<p title="&quot;&#39;&lt;&gt;"><b>a &amp; b</b>0x<b>a &amp; b</b></p>',
  );
});

test('no text opens an element or leaves an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const shown = textOf(html`<p title="${text}">${text}</p>`);
      expect(shown.match(/[<>"]/g)).toHaveLength(6);
    }),
  );
});

test('an object that only looks like a piece is not taken for one', () => {
  const forged = JSON.parse('{"html":"<script>","text":"<script>"}') as never;
  expect(textOf(html`${forged}`)).not.toContain('<script>');
});

test('JSON for a script has no < and reads back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = textOf(jsonForScript({ value, also: '</script><!--' }));
      expect(text).not.toContain('<');
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ value, also: '</script><!--' })));
    }),
  );
});
