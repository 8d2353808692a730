import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/controls.css';
import './styles/components.css';
import './styles/tables.css';
import './styles/charts.css';
import './styles/nodes.css';
import './styles/pages.css';
import './styles/forks.css';
import { App } from './app.tsx';
import { readStored } from './lib/storage.ts';
import { applyTheme, parseThemeChoice } from './lib/theme.ts';

applyTheme(document.documentElement, parseThemeChoice(readStored('theme')));
const root = document.getElementById('app');
if (root) render(<App />, root);
