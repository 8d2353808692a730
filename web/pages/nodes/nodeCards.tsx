import type { Node } from '../../../api/contract/nodes.ts';
import { useApp } from '../../lib/appContext.ts';
import { formatEndpoint } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago, NodeClient, NodeFork, NodeId, NodeNetwork, Outcome } from './nodeParts.tsx';

/** The list on a phone: one card per node, nothing to scroll sideways. */
export function NodeCards({ nodes }: { readonly nodes: readonly Node[] }) {
  const { t } = useApp();
  const now = useNow(30_000);
  return (
    <ul class="cards" aria-label={t('nodes.list')}>
      {nodes.map((node) => (
        <li key={node.id}>
          <p class="card-top">
            <strong>
              <NodeClient node={node} />
            </strong>
            <Ago at={node.lastAliveAt} now={now} />
          </p>
          <p>
            <NodeId id={node.id} />
          </p>
          <p class="mono faint">{formatEndpoint(node.ip, node.tcp === 0 ? node.udp : node.tcp)}</p>
          <p class="card-row">
            <NodeNetwork node={node} />
            <NodeFork node={node} />
          </p>
          {node.lastVisit !== null && (
            <p class="card-row">
              <Outcome code={node.lastVisit.code} reason={node.lastVisit.remoteReason} />
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
