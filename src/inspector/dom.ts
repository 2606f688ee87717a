/** Builds elements. Text from a token enters the page only as text nodes, with its invisible characters escaped. */
import { escapeControls } from '../text/controls.js';

type Child = Node | string;

/** Attributes by name. A function is added as an event listener; false and undefined omit the attribute. */
export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | ((event: never) => void);
}

/** Escapes control and invisible characters: with them, a name could look like another one. */
function escapeInvisible(text: string): string {
  return escapeControls(text).replace(
    /[\0-\x08\v\f\x0e-\x1f\u00ad\u180e\u200b-\u200d\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** Creates an HTML element with attributes and children. Invisible characters of string children are escaped. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children.map((child) => (typeof child === 'string' ? escapeInvisible(child) : child)));
  return element;
}

/** Creates an SVG element with attributes and children. */
export function makeSvg(
  tag: 'svg' | 'rect' | 'title',
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value as EventListener);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * Returns the element of the page with an ID.
 *
 * @throws TypeError when page.html has no element of this kind with the ID
 */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new TypeError(`page.html has no ${kind.name} with the ID ${id}`);
  return element;
}
