const name = 'kiln-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

/** Dark or light as the machine has it, until somebody says otherwise. */
export function followTheme(button) {
  const apply = () => {
    const dark = (localStorage.getItem(name) ?? (system.matches ? 'dark' : 'light')) === 'dark';
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    button?.setAttribute('aria-pressed', String(dark));
  };
  system.addEventListener('change', apply);
  button?.addEventListener('click', () => {
    localStorage.setItem(name, document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    apply();
  });
  apply();
}
