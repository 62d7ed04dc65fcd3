import { describe, expect, it } from 'vitest';
import { escaped, markup } from '../../../src/report/html/markup.js';

describe('markup', () => {
  it('escapes everything that is put into it, in text and in attributes', () => {
    const evil = `"><script>alert(1)</script>&'`;
    expect(markup`<p title="${evil}">${evil}</p>`.text).toBe(
      `<p title="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;">&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;</p>`,
    );
  });
  it('takes markup as it is, joins lists, and leaves out what is not there', () => {
    expect(markup`<ul>${[1, 'a<b'].map((x) => markup`<li>${x}</li>`)}</ul>${null}${undefined}${false}`.text).toBe(
      '<ul><li>1</li><li>a&lt;b</li></ul>',
    );
  });
  it('spells out characters that would turn the text around them', () => {
    expect(escaped('a\u202eb\u0007')).toBe('a\\u202eb\\u0007');
  });
});
