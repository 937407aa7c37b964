/**
 * What a click in the context menu means. Pure and synchronous: whether the browser must be asked for
 * an origin has to be known before anything is awaited, or the click no longer counts.
 */
import { openableUrl } from '../protocol/names.ts';
import type { MenuKind } from './menu-items.ts';

/** The fields of `contextMenus.OnClickData` and of the tab that matter. */
export interface Click {
  readonly kind: MenuKind;
  readonly srcUrl?: string | undefined;
  readonly linkUrl?: string | undefined;
  readonly selectionText?: string | undefined;
  readonly pageUrl?: string | undefined;
  readonly frameUrl?: string | undefined;
  readonly frameId?: number | undefined;
  readonly tabId?: number | undefined;
  readonly tabTitle?: string | undefined;
}

type MediaKind = 'image' | 'video' | 'audio';

export type ClickPlan =
  | {
      readonly type: 'text';
      readonly kind: 'text' | 'link' | 'page';
      readonly text: string;
      readonly note?: string;
    }
  /** Text that the page may have with its line breaks; `text` is what the menu knows of it. */
  | {
      readonly type: 'selection';
      readonly text: string;
      readonly tabId: number;
      readonly frameId: number;
    }
  /** Of another origin than the page: fetched, once `origin` is granted. */
  | {
      readonly type: 'ask';
      readonly kind: MediaKind;
      readonly url: string;
      /** A match pattern. */
      readonly origin: string;
    }
  /** Read inside the page. `url` is empty for a canvas; `link` can go instead of the bytes. */
  | {
      readonly type: 'read';
      readonly kind: MediaKind;
      readonly url: string;
      readonly tabId: number;
      readonly frameId: number;
      readonly link?: string;
    }
  | { readonly type: 'nothing'; readonly code: 'nothing-to-send' };

const NOTHING: ClickPlan = { type: 'nothing', code: 'nothing-to-send' };

export function planClick(click: Click): ClickPlan {
  switch (click.kind) {
    case 'image':
    case 'video':
    case 'audio':
      return planMedia(click.kind, click);
    case 'link':
      return click.linkUrl ? textOrLink(click.linkUrl) : NOTHING;
    case 'selection': {
      const text = click.selectionText;
      if (!text) return NOTHING;
      if (click.tabId === undefined) return { type: 'text', kind: 'text', text };
      return { type: 'selection', text, tabId: click.tabId, frameId: click.frameId ?? 0 };
    }
    case 'page':
      return planPage(click.pageUrl, click.tabTitle);
  }
}

/** A page as a link with its title; nothing where the address is not one that others can open. */
export function planPage(url: string | undefined, title: string | undefined): ClickPlan {
  const link = webUrl(url ?? '');
  if (link === undefined) return NOTHING;
  return { type: 'text', kind: 'page', text: link, ...(title && { note: title }) };
}

/** A web address goes as a link, anything else (`mailto:`, words) as text. */
export function textOrLink(text: string): ClickPlan {
  const link = webUrl(text);
  return link === undefined
    ? { type: 'text', kind: 'text', text }
    : { type: 'text', kind: 'link', text: link };
}

function planMedia(kind: MediaKind, click: Click): ClickPlan {
  const url = click.srcUrl ?? '';
  const link = webUrl(url);
  const page = click.frameUrl ?? click.pageUrl;
  if (link !== undefined && !sameOrigin(link, page)) {
    return { type: 'ask', kind, url: link, origin: originPattern(link) };
  }
  if (click.tabId === undefined) return link === undefined ? NOTHING : textOrLink(link);
  return {
    type: 'read',
    kind,
    url,
    tabId: click.tabId,
    frameId: click.frameId ?? 0,
    ...(link !== undefined && { link }),
  };
}

function sameOrigin(url: string, page: string | undefined): boolean {
  const from = page === undefined ? null : URL.parse(page);
  return from !== null && URL.parse(url)?.origin === from.origin;
}

/** As narrow as match patterns are: scheme, host and port, any path. */
export function originPattern(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}/*`;
}

/** A single address of the web and nothing else, by the rule that the receiver opens links by. */
function webUrl(text: string): string | undefined {
  const url = openableUrl(text);
  return url !== null && URL.canParse(url) ? url : undefined;
}
