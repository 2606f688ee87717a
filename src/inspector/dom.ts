/**
 * Builds elements. What comes from a token gets into the page as text only, and with its invisible characters made
 * visible.
 */
import { escapeControls } from '../text/controls.js';

type Child = Node | string;

/** Attributes by name; functions are listeners, and false or undefined leaves an attribute out. */
export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | ((event: never) => void);
}

/** What a person would not see, besides what acts on the page: a name may look like another one by it. */
function showUnseen(text: string): string {
  return escapeControls(text).replace(
    /[\0-\x08\v\f\x0e-\x1f\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** An HTML element with attributes and children. Texts have their control characters escaped. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  dress(element, attributes);
  element.append(...children.map((child) => (typeof child === 'string' ? showUnseen(child) : child)));
  return element;
}

/** An SVG element with attributes. */
export function makeSvg(
  tag: 'svg' | 'rect' | 'title',
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  dress(element, attributes);
  element.append(...children);
  return element;
}

function dress(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value as EventListener);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * The element of the page with an ID.
 *
 * @throws TypeError when page.html has no such element
 */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new TypeError(`page.html has no ${id}`);
  return element;
}
