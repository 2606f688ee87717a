/**
 * Highlights a range of the token together with the decoded member that it encodes.
 *
 * Elements with the same `data-link` are linked. Hovering and focusing highlight them; pressing a button keeps them
 * highlighted.
 */

/** Returns the link of a part of a token, or of a member in it by its path. */
export function linkOf(part: string, ...path: readonly string[]): string {
  // JSON, because a name may contain any character, and so any separator.
  return JSON.stringify([part, ...path]);
}

/** Listens to an element, including everything that is added to it later. */
export function watchLinks(root: HTMLElement): void {
  let pinned: string | undefined;

  const highlight = (link: string | undefined): void => {
    for (const element of root.querySelectorAll('[data-link].lit')) element.classList.remove('lit');
    if (link === undefined) return;
    for (const element of root.querySelectorAll(`[data-link="${CSS.escape(link)}"]`)) element.classList.add('lit');
  };
  const linkAt = ({ target }: Event): string | undefined =>
    target instanceof Element ? target.closest<HTMLElement>('[data-link]')?.dataset.link : undefined;

  for (const type of ['pointerover', 'focusin'])
    root.addEventListener(type, (event) => highlight(linkAt(event) ?? pinned));
  for (const type of ['pointerleave', 'focusout']) root.addEventListener(type, () => highlight(pinned));
  root.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>('button[data-link]') : null;
    if (!button) return;
    pinned = button.ariaPressed === 'true' ? undefined : button.dataset.link;
    for (const each of root.querySelectorAll<HTMLElement>('button[data-link]'))
      each.ariaPressed = String(each.dataset.link === pinned);
    highlight(pinned);
    const range = root.querySelector(`.token [data-link="${CSS.escape(pinned ?? '')}"]`);
    range?.scrollIntoView({ block: 'nearest' });
  });
}
