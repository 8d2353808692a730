import { type Language, languages } from '../i18n/message.ts';
import type { PlainKey } from '../i18n/translate.ts';
import { useApp } from '../lib/appContext.ts';
import type { Route } from '../lib/router.ts';
import { type ThemeChoice, type ThemeState, themeChoices } from '../lib/theme.ts';
import { Icon } from './icon.tsx';
import { Link } from './link.tsx';

const places: readonly { readonly to: Route; readonly label: PlainKey }[] = [
  { to: { at: 'overview' }, label: 'nav.overview' },
  { to: { at: 'forks' }, label: 'nav.forks' },
  { to: { at: 'clients' }, label: 'nav.clients' },
  { to: { at: 'nodes' }, label: 'nav.nodes' },
  { to: { at: 'raft' }, label: 'nav.raft' },
  { to: { at: 'about' }, label: 'nav.about' },
];

const languageNames: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '简体中文' };
const themeIcons = { system: 'system', light: 'sun', dark: 'moon' } as const;
const themeWords: Readonly<Record<ThemeChoice, PlainKey>> = {
  system: 'theme.system',
  light: 'theme.light',
  dark: 'theme.dark',
};

export interface HeaderProps {
  readonly themes: ThemeState;
  readonly onLanguage: (language: Language) => void;
}

export function Header({ themes, onLanguage }: HeaderProps) {
  const { t, route } = useApp();
  const next = themeChoices[(themeChoices.indexOf(themes.choice) + 1) % themeChoices.length] ?? 'system';
  const themeLabel = t('theme.label', { now: t(themeWords[themes.choice]), next: t(themeWords[next]) });
  return (
    <header class="site-head">
      <div class="site-head-row">
        <Link to={{ at: 'overview' }} class="brand">
          <Mark />
          <span>Forkscope</span>
        </Link>
        <nav aria-label={t('nav.label')} class="site-nav">
          {places.map(({ to, label }) => (
            <Link key={label} to={to} current={to.at === sectionOf(route)}>
              {t(label)}
            </Link>
          ))}
        </nav>
        <div class="site-tools">
          {languages
            .filter((language) => language !== t.language)
            .map((language) => (
              <button
                key={language}
                type="button"
                class="text-button"
                lang={language}
                onClick={() => onLanguage(language)}
              >
                {languageNames[language]}
              </button>
            ))}
          <button
            type="button"
            class="icon-button"
            title={themeLabel}
            aria-label={themeLabel}
            onClick={() => themes.choose(next)}
          >
            <Icon name={themeIcons[themes.choice]} />
          </button>
        </div>
      </div>
    </header>
  );
}

/** The menu entry that a page belongs to. */
function sectionOf(route: Route): Route['at'] {
  if (route.at === 'node') return 'nodes';
  return route.at === 'raftCluster' ? 'raft' : route.at;
}

/** A line that forks under a ring. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <circle class="mark-ring" cx="12" cy="12" r="10" />
      <path
        class="mark-fork"
        d="M12 20.500V13.500C12 10.500 8 10.500 8 7V5.500M12 13.500C12 10.500 16 10.500 16 7V5.500"
      />
      <circle class="mark-tip" cx="8" cy="5.500" r="1.900" />
      <circle class="mark-tip" cx="16" cy="5.500" r="1.900" />
    </svg>
  );
}
