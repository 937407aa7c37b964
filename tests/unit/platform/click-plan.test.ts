import { describe, expect, it } from 'vitest';
import {
  originPattern,
  planClick,
  planPage,
  textOrLink,
  type Click,
  type ClickPlan,
} from '../../../lib/platform/click-plan.ts';

const PAGE = 'https://site.example/a/page.html';
const WHERE = { pageUrl: PAGE, tabId: 7, frameId: 0, tabTitle: 'A page' };
const IN_PAGE = { tabId: 7, frameId: 0 };

const TABLE: [string, Click, ClickPlan][] = [
  [
    'an image of another origin is asked for',
    { ...WHERE, kind: 'image', srcUrl: 'https://cdn.example:8443/cat.png?x=1' },
    {
      type: 'ask',
      kind: 'image',
      url: 'https://cdn.example:8443/cat.png?x=1',
      origin: 'https://cdn.example:8443/*',
    },
  ],
  [
    'another port is another origin',
    { ...WHERE, kind: 'video', srcUrl: 'https://site.example:444/v.webm' },
    {
      type: 'ask',
      kind: 'video',
      url: 'https://site.example:444/v.webm',
      origin: 'https://site.example:444/*',
    },
  ],
  [
    'another scheme is another origin',
    { ...WHERE, kind: 'audio', srcUrl: 'http://site.example/a.ogg' },
    {
      type: 'ask',
      kind: 'audio',
      url: 'http://site.example/a.ogg',
      origin: 'http://site.example/*',
    },
  ],
  [
    'an image of the page’s own origin is read in the page, with its link in reserve',
    { ...WHERE, kind: 'image', srcUrl: 'https://site.example/dog.png' },
    {
      type: 'read',
      kind: 'image',
      url: 'https://site.example/dog.png',
      ...IN_PAGE,
      link: 'https://site.example/dog.png',
    },
  ],
  [
    'the frame counts, not the page around it',
    {
      ...WHERE,
      kind: 'image',
      frameId: 3,
      frameUrl: 'https://frame.example/',
      srcUrl: 'https://frame.example/i.png',
    },
    {
      type: 'read',
      kind: 'image',
      url: 'https://frame.example/i.png',
      tabId: 7,
      frameId: 3,
      link: 'https://frame.example/i.png',
    },
  ],
  [
    'the page’s own picture inside a foreign frame is foreign',
    {
      ...WHERE,
      kind: 'image',
      frameId: 3,
      frameUrl: 'https://frame.example/',
      srcUrl: 'https://site.example/i.png',
    },
    {
      type: 'ask',
      kind: 'image',
      url: 'https://site.example/i.png',
      origin: 'https://site.example/*',
    },
  ],
  [
    'a data: image is read in the page and has no link',
    { ...WHERE, kind: 'image', srcUrl: 'data:image/png;base64,AAAA' },
    { type: 'read', kind: 'image', url: 'data:image/png;base64,AAAA', ...IN_PAGE },
  ],
  [
    'a blob: image is read in the page and has no link',
    { ...WHERE, kind: 'image', srcUrl: 'blob:https://other.example/1-2-3' },
    { type: 'read', kind: 'image', url: 'blob:https://other.example/1-2-3', ...IN_PAGE },
  ],
  [
    'an image without an address (a canvas) is read in the page',
    { ...WHERE, kind: 'image' },
    { type: 'read', kind: 'image', url: '', ...IN_PAGE },
  ],
  [
    'an own image outside any tab goes as a link',
    { kind: 'image', pageUrl: PAGE, srcUrl: 'https://site.example/dog.png' },
    { type: 'text', kind: 'link', text: 'https://site.example/dog.png' },
  ],
  [
    'a data: image outside any tab cannot be sent',
    { kind: 'image', pageUrl: PAGE, srcUrl: 'data:,x' },
    { type: 'nothing', code: 'nothing-to-send' },
  ],
  [
    'a web link goes as a link',
    { ...WHERE, kind: 'link', linkUrl: 'https://x.example/y#z' },
    { type: 'text', kind: 'link', text: 'https://x.example/y#z' },
  ],
  [
    'an address of another kind goes as text',
    { ...WHERE, kind: 'link', linkUrl: 'mailto:a@b.example' },
    { type: 'text', kind: 'text', text: 'mailto:a@b.example' },
  ],
  [
    'a selection is asked from the page, for its line breaks',
    { ...WHERE, kind: 'selection', selectionText: 'one two' },
    { type: 'selection', text: 'one two', ...IN_PAGE },
  ],
  [
    'a page goes as its address with its title',
    { ...WHERE, kind: 'page' },
    { type: 'text', kind: 'page', text: PAGE, note: 'A page' },
  ],
  [
    'a page of the browser cannot be sent',
    { ...WHERE, kind: 'page', pageUrl: 'chrome://settings' },
    { type: 'nothing', code: 'nothing-to-send' },
  ],
];

describe('what a click means', () => {
  it.each(TABLE)('%s', (_title, click, plan) => {
    expect(planClick(click)).toEqual(plan);
  });

  it('never gives a page title as an empty note', () => {
    expect(planPage(PAGE, '')).toEqual({ type: 'text', kind: 'page', text: PAGE });
    expect(planPage(undefined, 'x')).toEqual({ type: 'nothing', code: 'nothing-to-send' });
  });

  it('takes words around an address for text', () => {
    expect(textOrLink(' https://a.example ')).toEqual({
      type: 'text',
      kind: 'link',
      text: 'https://a.example',
    });
    expect(textOrLink('see https://a.example').type).toBe('text');
    expect(textOrLink('see https://a.example')).toMatchObject({ kind: 'text' });
  });

  it('[TR13] only http and https count as a link', () => {
    for (const bad of [
      'javascript:alert(1)',
      'file:///etc/passwd',
      'data:text/html,x',
      'http://',
      '',
    ]) {
      expect(textOrLink(bad), bad).toMatchObject({ kind: 'text' });
      expect(planPage(bad, 'x'), bad).toMatchObject({ type: 'nothing' });
    }
    expect(textOrLink('HTTPS://EXAMPLE.org/')).toMatchObject({ kind: 'link' });
  });

  it('asks for no more than one origin', () => {
    expect(originPattern('http://user:pw@h.example:81/a?b')).toBe('http://h.example:81/*');
  });
});
