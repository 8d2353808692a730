import { useApp } from '../../lib/appContext.ts';
import { useTitle } from '../../lib/useTitle.ts';
import { ForkClassMeanings } from '../forks/forkClassMeanings.tsx';

const populationWords = ['seen', 'alive', 'reachable', 'identified', 'inboundOnly'] as const;
const caveats = ['full', 'ips', 'vantage', 'v4', 'hint', 'private'] as const;
const words = [
  'network',
  'learned',
  'readyShare',
  'synced',
  'forkSplit',
  'chainSplit',
  'session',
  'leaderChange',
] as const;
const coverageWords = ['due', 'partial', 'unknownShare'] as const;
const steps = ['find', 'ping', 'ask', 'dial', 'leave', 'census'] as const;

/** How each number is made, in the words that the rest of the pages use. */
export function AboutPage() {
  const { t } = useApp();
  useTitle(t('nav.about'));
  return (
    <article class="prose">
      <h1>{t('about.title')}</h1>
      <p class="lead">{t('about.lead')}</p>

      <h2>{t('about.steps')}</h2>
      <ol class="steps">
        {steps.map((step) => (
          <li key={step}>
            <strong>{t(`about.step.${step}`)}</strong> {t(`about.step.${step}.text`)}
          </li>
        ))}
      </ol>

      <h2>{t('about.populations')}</h2>
      <p>{t('about.populations.text')}</p>
      <dl class="words">
        {populationWords.map((population) => (
          <div key={population}>
            <dt>{t(`population.${population}`)}</dt>
            <dd>{t(`population.${population}.means`)}</dd>
          </div>
        ))}
        <div>
          <dt>{t('figure.both')}</dt>
          <dd>{t('figure.means')}</dd>
        </div>
        <div>
          <dt>{t('window.both')}</dt>
          <dd>{t('window.means')}</dd>
        </div>
      </dl>

      <h2>{t('about.forkWords')}</h2>
      <p>{t('about.forkWords.text')}</p>
      <ForkClassMeanings open />

      <h2>{t('about.otherWords')}</h2>
      <dl class="words">
        {words.map((word) => (
          <div key={word}>
            <dt>{t(`about.word.${word}`)}</dt>
            <dd>{t(`about.word.${word}.text`)}</dd>
          </div>
        ))}
      </dl>

      <h2>{t('about.coverage')}</h2>
      <p>{t('about.coverage.text')}</p>
      <dl class="words">
        {coverageWords.map((word) => (
          <div key={word}>
            <dt>{t(`about.word.${word}`)}</dt>
            <dd>{t(`about.word.${word}.text`)}</dd>
          </div>
        ))}
      </dl>

      <h2>{t('about.caveats')}</h2>
      <ul class="caveats">
        {caveats.map((caveat) => (
          <li key={caveat}>
            <strong>{t(`about.caveat.${caveat}`)}</strong> {t(`about.caveat.${caveat}.text`)}
          </li>
        ))}
      </ul>

      <h2>{t('about.data')}</h2>
      <p>
        {t('about.data.text')} <a href="/api">/api</a> · <a href="/api/v1/networks">/api/v1/networks</a> ·{' '}
        <a href="/api/v1/status">/api/v1/status</a>
      </p>
    </article>
  );
}
