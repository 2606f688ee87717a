/**
 * Lights up together what belongs together: a stretch of the token and the decoded member that it stands for.
 *
 * Elements with the same `data-link` are linked. Pointer and keyboard light them alike, and a press keeps them lit.
 */

/** What links a part of a token, or a member in it by its path. */
export function linkOf(part: string, ...path: readonly string[]): string {
  // Names may hold any character, so that none could separate them.
  return JSON.stringify([part, ...path]);
}

/** Watches all that is ever put into an element. */
export function watchLinks(root: HTMLElement): void {
  let kept: string | undefined;

  const light = (name: string | undefined): void => {
    for (const element of root.querySelectorAll('[data-link].lit')) element.classList.remove('lit');
    if (name === undefined) return;
    for (const element of root.querySelectorAll(`[data-link="${CSS.escape(name)}"]`)) element.classList.add('lit');
  };
  const nameOf = (event: Event): string | undefined => {
    const { target } = event;
    return target instanceof Element ? target.closest<HTMLElement>('[data-link]')?.dataset.link : undefined;
  };

  for (const type of ['pointerover', 'focusin']) root.addEventListener(type, (event) => light(nameOf(event) ?? kept));
  for (const type of ['pointerleave', 'focusout']) root.addEventListener(type, () => light(kept));
  root.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>('button[data-link]') : null;
    if (!button) return;
    kept = button.ariaPressed === 'true' ? undefined : button.dataset.link;
    for (const each of root.querySelectorAll<HTMLElement>('button[data-link]'))
      each.ariaPressed = String(each.dataset.link === kept);
    light(kept);
    const stretch = root.querySelector(`.token [data-link="${CSS.escape(kept ?? '')}"]`);
    stretch?.scrollIntoView({ block: 'nearest' });
  });
}
