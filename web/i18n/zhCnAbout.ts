import type { enAbout } from './enAbout.ts';
import type { Translated } from './message.ts';

export const zhCnAbout: Translated<typeof enAbout, 'zh-CN'> = {
  'about.title': '每个数字是怎样得来的',
  'about.lead':
    'Forkscope 寻找以太坊系网络的节点，询问每个节点的身份和所遵循的分叉，并如实计数。这些页面上的每个数字都由下面的用语说明，针对一个网络和一个时间窗口，并在旁边标明新旧。未知的就计为未知。',
  'about.steps': '从节点到数字',
  'about.step.find': '寻找。',
  'about.step.find.text': '从引导节点开始，爬虫通过 UDP（discv4）逐个询问节点还认识谁，直到回答不再带来新节点。',
  'about.step.ping': '证实。',
  'about.step.ping.text': '只有当节点用自己的密钥从该地址应答时才算存活。别人的说法不能证明什么。',
  'about.step.ask': '询问。',
  'about.step.ask.text': '读取其节点记录（ENR）；其中的 eth 条目提示它所遵循的分叉。',
  'about.step.dial': '拨号。',
  'about.step.dial.text':
    '通过 TCP（RLPx），节点再次证明密钥，在 Hello 中说明客户端，在 Status 中说明网络、创世和分叉 ID。',
  'about.step.leave': '离开。',
  'about.step.leave.text':
    '我们道别并稍后再来：对一个节点每分钟不超过 45 个数据包，对一个地址 35 秒内不超过一次 TCP 尝试。',
  'about.step.census': '统计。',
  'about.step.census.text':
    '统计把所有节点的状态变成计数，按小时和天永久保存。消失的记为零；没有统计的时段，图表显示空缺。',
  'about.populations': '统计谁',
  'about.populations.text': '每一步的证明都比前一步更强。只有当两个工具指的是同一步时，比较它们的数字才有意义。',
  'about.forkWords': '节点遵循哪个分叉',
  'about.forkWords.text':
    '节点会公布分叉 ID（EIP-2124）：它经过的所有分叉的哈希，以及它所知的下一个分叉。与网络的计划比较后，归入第一个符合的类别。',
  'about.otherWords': '其他用语',
  'about.word.network': '属于某网络',
  'about.word.network.text':
    '其 Status（在此之前是记录中的 eth 条目，标为提示）具有该网络的创世，且其分叉哈希不属于创世相同的其他已知网络。网络 ID 从不单独决定。多个网络共有的哈希，如主网与以太坊经典的 fc64ec04/1150000，称为有歧义，除非下一个分叉或网络 ID 能够区分。网络 ID 与分叉哈希都不属于任何创世相同的网络时，它是未知的同源链。爬虫（包括我们自己）不属于任何网络。这些都列在网络旁边，不计入它的任何数字。',
  'about.word.learned': '习得的分叉',
  'about.word.learned.text':
    '不在计划中，但可由已知哈希和若干互不相邻地址段的节点所公布的下一个分叉推算得出。显示为习得，绝不显示为配置。',
  'about.word.readyShare': '就绪比例',
  'about.word.readyShare.text': '针对第一个尚未激活的分叉：已就绪 ÷（最新 + 已就绪 + 冲突）。未计入的类别列在旁边。',
  'about.word.synced': '已同步',
  'about.word.synced.text':
    '在访问时判断：节点的链头与当时网络链头的比较；网络链头是超过三分之一的节点已达到的最高区块：仍在同步的节点和三分之一的说谎者都不会改变它。',
  'about.word.forkSplit': '分叉分裂',
  'about.word.forkSplit.text': '激活之后，同一网络的节点公布互不兼容的分叉 ID。',
  'about.word.chainSplit': '链分裂',
  'about.word.chainSplit.text': '节点在同一高度持有不同的区块。',
  'about.word.session': '在线时段、加入、离开',
  'about.word.session.text':
    '在线时段是节点在线的一段时间：我们查看时它有应答，直到连续两次查看都没有应答。无人查看或我们线路中断的时间不会结束时段。加入：一个时段开始，首次出现或离开后回来。离开：一个时段结束。短于两次查看间隔的离开可能不会被发现。',
  'about.word.leaderChange': '领导者变更',
  'about.word.leaderChange.text':
    '在 Raft 集群中：先有一个被确认的领导者，后有另一个。无论多少成员报告，每个集群只计一次。',
  'about.coverage': '数字的依据',
  'about.coverage.text':
    '每次统计都知道，对每个网络、群体和时间窗口，有多少节点应当查看，其中实际查看了多少：“存活”靠 PING，“可连接”和“已识别”靠拨号，不论从哪个地点。',
  'about.word.due': '应查看',
  'about.word.due.text':
    '曾经应答且仍被提及的节点、上次查看时有应答的节点，以及尚无人查看过的名字。从未应答过的名字，就当作它们看上去的样子。',
  'about.word.partial': '不完整',
  'about.word.partial.text':
    '应查看的节点中已查看的不足 95 %，或者窗口中超过 5 % 的时间没有爬虫在工作：例如最初几小时、中断之后、跟不上的时候。不完整的数字会注明原因，在图表中以斜线标出，不触发任何告警；某小时或某天若有完整的统计，就不用它来代表。',
  'about.word.unknownShare': '最多另有多少',
  'about.word.unknownShare.text': '数字可能偏差多少：应查看而未查看的节点，加上两次查看之间通常新来或回来的数量。',
  'about.caveats': '这些数字不能说明什么',
  'about.caveat.full': '连接数已满的节点。',
  'about.caveat.full.text':
    '许多节点在说明所用客户端之前就拒绝。它们的占比以“可连接但客户端未知”列在每个客户端图表旁。',
  'about.caveat.ips': 'IP 的总和。',
  'about.caveat.ips.text': '同一地址后的两个节点可能运行不同的客户端：该地址会各计一次，各部分之和可能超过总数。',
  'about.caveat.vantage': '单一位置。',
  'about.caveat.vantage.text': '从爬虫所在位置无法连接的节点，从别处可能可以连接。',
  'about.caveat.v4': '两种发现协议。',
  'about.caveat.v4.text':
    '爬虫以 discv4 与 discv5 询问节点，不论以何者应答都只计一次。若只启用其中一种，则找不到只使用另一种的节点。',
  'about.caveat.hint': '提示。',
  'about.caveat.hint.text': '有些客户端从不更新记录中的分叉。只知道记录时会标为提示。',
  'about.caveat.private': 'NAT 后的节点。',
  'about.caveat.private.text': '只有当它们主动连接我们时才能看到，并计为仅入站。',
  'about.data': '数据本身',
  'about.data.text': '这里显示的一切都来自一个公开、只读的 API，用语相同：',
};
