import type { Node } from '../../../api/contract/nodes.ts';
import { ScrollBox } from '../../components/scrollBox.tsx';
import { useApp } from '../../lib/appContext.ts';
import { formatEndpoint } from '../../lib/format.ts';
import { useNow } from '../../lib/useNow.ts';
import { Ago, NodeClient, NodeFork, NodeId, NodeNetwork, Outcome } from './nodeParts.tsx';

export function NodeTable({ nodes }: { readonly nodes: readonly Node[] }) {
  const { t } = useApp();
  const now = useNow(30_000);
  return (
    <ScrollBox label={t('nodes.list')}>
      <table class="data nodes">
        <caption class="unseen">{t('nodes.list')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('table.node')}</th>
            <th scope="col">{t('table.client')}</th>
            <th scope="col">{t('table.network')}</th>
            <th scope="col">{t('table.fork')}</th>
            <th scope="col">{t('table.address')}</th>
            <th scope="col">{t('table.lastAlive')}</th>
            <th scope="col">{t('table.lastVisit')}</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.id}>
              <th scope="row">
                <NodeId id={node.id} />
              </th>
              <td>
                <NodeClient node={node} />
              </td>
              <td>
                <NodeNetwork node={node} />
              </td>
              <td>
                <NodeFork node={node} brief />
              </td>
              <td class="mono">{formatEndpoint(node.ip, node.tcp === 0 ? node.udp : node.tcp)}</td>
              <td>
                <Ago at={node.lastAliveAt} now={now} />
              </td>
              <td>
                {node.lastVisit === null ? (
                  <span class="faint">–</span>
                ) : (
                  <Outcome code={node.lastVisit.code} reason={node.lastVisit.remoteReason} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
