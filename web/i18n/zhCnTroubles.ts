import type { enTroubles } from './enTroubles.ts';
import type { Translated } from './message.ts';

export const zhCnTroubles: Translated<typeof enTroubles, 'zh-CN'> = {
  'trouble.since': '自 {at} 起，已 {age}。',
  'trouble.who': '涉及：{who}。',
  'trouble.runbook': '处理手册：{name}',
  'trouble.RaftNoLeader': '没有领导者：没有任何内容被提交',
  'trouble.RaftNoLeader.do': '请检查多数投票节点是否在运行，以及它们的 Raft 端口能否双向互通。',
  'trouble.RaftNoLeader.do.etcd': '请检查多数成员是否在运行，以及它们的对等端口能否双向互通。',
  'trouble.RaftQuorumLost': '失去法定人数：没有任何内容被提交',
  'trouble.RaftQuorumLost.do':
    '请启动缺失的节点。孤立的领导者仍自称出块者并接收交易，但不会提交。没有法定人数时不要移除任何成员。',
  'trouble.RaftQuorumLost.do.etcd':
    '请启动缺失的成员。在此之前，写入和线性一致读都不会成功。没有法定人数时不要移除任何成员。',
  'trouble.RaftQuorumLostSingleView': '法定人数已失去，或有应答的节点与其隔断',
  'trouble.RaftQuorumLostSingleView.do':
    '请询问其他节点的运营者，那些节点跟随谁。若无人可跟随：请启动缺失的节点。若有领导者：请检查有应答的节点的 Raft 端口和通往它们的链路；发给它们的交易不会被提交。',
  'trouble.RaftQuorumLostSingleView.do.etcd':
    '请询问其他成员的运营者，那些成员跟随谁。若无人可跟随：请启动缺失的成员。若有领导者：请检查有应答的成员的对等端口和通往它们的链路；发给它们的写入会失败。',
  'trouble.RaftClusterUnseen': '没有端点应答：对集群一无所知',
  'trouble.RaftClusterUnseen.do':
    '所有节点都已停止，或通往它们的路径已断。请先从监视进程所在机器检查网络，再启动节点。',
  'trouble.RaftNodeUnaskable': '不知道是否有领导者',
  'trouble.RaftNodeUnaskable.do':
    '说明自己跟随谁的投票节点太少；这并不表示集群已停止。请修复没有给出视图的端点，或配置更多端点，并询问其他节点的运营者。',
  'trouble.RaftQuorumAtRisk': '再有一个故障，就什么也无法提交',
  'trouble.RaftQuorumAtRisk.do': '请先恢复缺失的节点，并推迟其他一切重启。',
  'trouble.RaftLeaderChurn': '领导者不断更换',
  'trouble.RaftLeaderChurn.do':
    '如果有人正在重启节点，原因即在此。否则请查看失去领导地位者的磁盘与 CPU，以及曾被隔断的节点的链路：“发生了什么”中有其名称。',
  'trouble.RaftStalled': '有交易等待，却没有新区块',
  'trouble.RaftStalled.do': '请查看领导者的日志、磁盘和私有交易管理器。',
  'trouble.RaftStalledSingleView': '有应答的节点上有交易等待，却收不到新区块',
  'trouble.RaftStalledSingleView.do':
    '要么链已停滞，要么这些节点与链隔断。在动集群之前，请先向其他成员询问其最新区块。',
  'trouble.RaftMultipleMinters': '多个节点自称领导者',
  'trouble.RaftMultipleMinters.do': '多数节点跟随的才是领导者。请让客户端连接它，并修复另一个被隔断节点的链路。',
  'trouble.RaftSealersHalted': '链已停止：应有新区块却没有',
  'trouble.RaftSealersHalted.do': '请启动缺席的出块者，并检查运行中的出块者是否彼此相连。',
  'trouble.RaftSealersShort': '工作中的出块者少于链所需',
  'trouble.RaftSealersShort.do': '链已停止或即将停止。请启动缺席的出块者，并检查运行中的出块者是否彼此相连。',
  'trouble.RaftSealersAtRisk': '再缺一个出块者，链就会停止',
  'trouble.RaftSealersAtRisk.do': '请启动缺席者，并推迟其他一切重启。',
  'trouble.RaftSealerSilent': '有出块者不出块',
  'trouble.RaftSealerSilent.do':
    '它的节点是否在运行、已同步并在出块？它的密钥是否在名单中？它的每个轮次都会造成一次轮次变更或延迟。',
  'trouble.RaftSealersUnseen': '没有端点说明最新区块',
  'trouble.RaftSealersUnseen.do': '所有节点都已停止、拒绝我们，或通往它们的路径已断。链是否仍在前进无从得知。',
  'trouble.RaftSealersUnknown': '节点有应答，但不足以判断',
  'trouble.RaftSealersUnknown.do':
    '请开放 `clique`、`istanbul` 或 `qbft` 以及 `txpool` 命名空间，或为此集群设置 `emptyBlockMs`。',
  'trouble.RaftSealerSetsDiffer': '各节点对谁可以出块说法不一',
  'trouble.RaftSealerSetsDiffer.do': '若有节点落后，请等待。否则它们的创世块或规则变更不同，或处于链的另一分叉。',
  'trouble.RaftSealerRoundChanges': '区块所需的轮次远多于缺席者所能解释的',
  'trouble.RaftSealerRoundChanges.do': '请查找缓慢的链路、过载，或对此网络而言过短的请求超时。',
};
