import type { ComponentType } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ControlBar } from './components/controlBar.tsx';
import { Header } from './components/header.tsx';
import { NetworkNotices } from './components/networkNotices.tsx';
import { Failed } from './components/resourceView.tsx';
import { LadderSkeleton } from './components/skeleton.tsx';
import { en } from './i18n/en.ts';
import type { Language } from './i18n/message.ts';
import { createTranslate, loadMessages, type Messages, pickLanguage } from './i18n/translate.ts';
import { api } from './lib/apiClient.ts';
import { AppContext, type AppState } from './lib/appContext.ts';
import { inOrder, openingNetwork } from './lib/openingNetwork.ts';
import { parseRoute, parseView, type Route } from './lib/router.ts';
import { readStored, writeStored } from './lib/storage.ts';
import { useTheme } from './lib/theme.ts';
import { useLocation } from './lib/useLocation.ts';
import { useResource } from './lib/useResource.ts';
import { AboutPage } from './pages/about/aboutPage.tsx';
import { ClientsPage } from './pages/clients/clientsPage.tsx';
import { ForksPage } from './pages/forks/forksPage.tsx';
import { NodePage } from './pages/node/nodePage.tsx';
import { NodesPage } from './pages/nodes/nodesPage.tsx';
import { NotFoundPage } from './pages/notFoundPage.tsx';
import { OverviewPage } from './pages/overview/overviewPage.tsx';
import { RaftClusterPage } from './pages/raft/raftClusterPage.tsx';
import { RaftPage } from './pages/raft/raftPage.tsx';

const pages: Readonly<Record<Route['at'], ComponentType>> = {
  overview: OverviewPage,
  forks: ForksPage,
  clients: ClientsPage,
  nodes: NodesPage,
  node: NodePage,
  raft: RaftPage,
  raftCluster: RaftClusterPage,
  about: AboutPage,
  notFound: NotFoundPage,
};

/** Pages that are not about a network: they open before the list of networks is loaded, even if the API is away. */
const withoutNetwork: ReadonlySet<Route['at']> = new Set(['raft', 'raftCluster', 'about', 'notFound']);

export function App() {
  const place = useLocation();
  const themes = useTheme();
  const { messages, language, setLanguage } = useMessages();
  const networks = useResource(api.networks());
  const status = useResource(api.status());
  const mainRef = useRef<HTMLElement>(null);
  const route = useMemo(() => parseRoute(place.pathname), [place.pathname]);
  const search = useMemo(() => new URLSearchParams(place.search), [place.search]);
  const t = useMemo(() => createTranslate(messages, language), [messages, language]);
  useNewPage(place.pathname, mainRef);

  const list = inOrder(networks.state.data);
  const asked = parseView(search);
  const slug = openingNetwork(asked.network, networks.state.data);
  const app: AppState = {
    route,
    search,
    view: { ...asked, network: slug },
    networks: list,
    network: list.find((network) => network.slug === slug) ?? null,
    status,
    theme: themes.shown,
    t,
  };
  const Page = pages[route.at];
  const simulated =
    status.state.data?.freshness.simulated === true || networks.state.data?.freshness.simulated === true;
  const ready = networks.state.data !== null || withoutNetwork.has(route.at);
  return (
    <AppContext.Provider value={app}>
      <a class="skip" href="#main">
        {t('nav.skip')}
      </a>
      {simulated && (
        <aside class="simulated" aria-label={t('simulated.title')}>
          <strong>{t('simulated.title')}</strong> {t('simulated.text')}
        </aside>
      )}
      <Header themes={themes} onLanguage={setLanguage} />
      {!withoutNetwork.has(route.at) && <ControlBar />}
      <main id="main" ref={mainRef} tabIndex={-1}>
        {!withoutNetwork.has(route.at) && <NetworkNotices />}
        {ready ? (
          <Page key={route.at === 'node' ? route.id : route.at === 'raftCluster' ? route.cluster : route.at} />
        ) : networks.state.failure !== null ? (
          <div class="panel">
            <h1 class="unseen">Forkscope</h1>
            <Failed failure={networks.state.failure} retry={networks.retry} busy={networks.state.loading} />
          </div>
        ) : (
          <div class="panel" aria-busy="true">
            <h1 class="unseen">{t('state.loading')}</h1>
            <LadderSkeleton />
          </div>
        )}
      </main>
      <footer class="site-foot">
        <span>Forkscope {status.state.data?.version ?? ''}</span>
        <a href="/api">{t('foot.api')}</a>
        <span>{t('foot.utc')}</span>
      </footer>
    </AppContext.Provider>
  );
}

function useMessages() {
  const [language, setLanguage] = useState<Language>(() => pickLanguage(readStored('language'), navigator.languages));
  const [loaded, setLoaded] = useState<{ language: Language; messages: Messages }>({ language: 'en', messages: en });
  useEffect(() => {
    let gone = false;
    void loadMessages(language).then((messages) => {
      if (gone) return;
      document.documentElement.lang = language;
      setLoaded({ language, messages });
    });
    return () => {
      gone = true;
    };
  }, [language]);
  const choose = (next: Language): void => {
    writeStored('language', next);
    setLanguage(next);
  };
  return { ...loaded, setLanguage: choose };
}

/** A new page starts at its top and gets the keyboard focus. */
function useNewPage(pathname: string, mainRef: { readonly current: HTMLElement | null }): void {
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    mainRef.current?.focus({ preventScroll: true });
  }, [pathname]);
}
