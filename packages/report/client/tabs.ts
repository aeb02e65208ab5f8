/** Tabs: one panel at a time, by pointer and by arrow keys. On paper all are shown. */

export function startTabs(): void {
  for (const list of document.querySelectorAll<HTMLElement>('[role=tablist]')) {
    const tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')];
    const select = (chosen: HTMLElement): void => {
      for (const tab of tabs) {
        const is = tab === chosen;
        tab.setAttribute('aria-selected', `${is}`);
        tab.tabIndex = is ? 0 : -1;
        const panel = document.getElementById(tab.getAttribute('aria-controls') ?? '');
        if (panel !== null) panel.hidden = !is;
      }
    };
    for (const [i, tab] of tabs.entries()) {
      tab.addEventListener('click', () => select(tab));
      tab.addEventListener('keydown', ({ key }) => {
        const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
        const next = tabs[(i + step + tabs.length) % tabs.length]!;
        if (step === 0) return;
        select(next);
        next.focus();
      });
    }
    if (tabs[0] !== undefined) select(tabs[0]);
  }
}
