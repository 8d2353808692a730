import type { MessageSet } from './message.ts';

/** Who comes and goes, and how long nodes stay. */
export const enChurn = {
  'churn.title': 'Coming and going',
  'churn.scope': 'nodes that answer when we look · {figure}',
  'churn.window': 'Time',
  'churn.window.day': '24 h',
  'churn.window.week': '7 d',
  'churn.window.month': '30 d',
  'churn.joined': 'Joined',
  'churn.joined.means': 'came within this time, for the first time or after an absence',
  'churn.left': 'Left',
  'churn.left.means': 'fell silent within this time, whether they came back or not',
  'churn.median': 'Median session',
  'churn.median.means': 'of those that joined; those still there count for as long as they have been',
  'churn.uptime': 'Uptime',
  'churn.uptime.means': 'share of the time since each was first there in which it was',
  'churn.atLeast': 'over {duration}',
  'churn.nodes': 'Were there',
  'churn.rotating': {
    by: 'n',
    one: '{n} of these IDs is at an IP that makes up keys. It counts as joined and left, and is left out of session and uptime.',
    other:
      '{n} of these IDs are at IPs that make up keys. They count as joined and left, and are left out of session and uptime.',
  },
  'churn.partial': 'Partial.',
  'churn.partial.firstHours': 'We have watched for less than this time: who came and went before is missing.',
  'churn.partial.crawlerAway':
    'No crawler was running for a part of this time: what came and went meanwhile is missing.',
  'churn.partial.lineDown':
    'For a part of this time nobody at all answered: the line of the crawler or the whole chain was down.',
  'churn.partial.databaseAway': 'The database was away: what was seen waits to be written.',
  'churn.partial.uncovered': 'Visits are set to be too rare.',
  'churn.partial.starved': 'The crawler does not keep up: nodes are looked at too rarely.',
  'churn.watched': 'Watched: {share} of it.',
  'churn.empty.title': 'Nobody has been followed yet',
  'churn.empty.next': 'The first figures come with the first census, a minute or two after a crawler starts.',
  'presence.title': 'When it was there',
  'presence.scope': 'it answered when we looked; times in which nobody looked are left out',
  'presence.up': 'There since',
  'presence.upFor': 'for {duration}',
  'presence.upLonger': 'for more than {duration}: it was there when we began to look',
  'presence.down': 'Not there now',
  'presence.down.means': 'It was silent at the last two looks or more.',
  'presence.uptime': 'Uptime, {window}',
  'presence.sessions': { by: 'n', one: '{n} session', other: '{n} sessions' },
  'presence.none': 'It has never answered when we looked, so nothing is known of when it was there.',
} as const satisfies MessageSet<'en'>;
