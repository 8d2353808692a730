/** What the operator gives as a source of nodes: a file, or a list in DNS (EIP-1459). */
export type SourceSetting =
  | { readonly at: 'file'; readonly path: string }
  | { readonly at: 'dns'; readonly url: string };

const treeUrl = /^enrtree:\/\/[A-Z2-7]{53}@[A-Za-z0-9_.-]{1,253}$/;
const treeScheme = /^enrtree:/i;

export const sourceExpects =
  'paths of files such as ./static-nodes.json, or lists in DNS: enrtree://<53 letters>@<domain>';

/** Whether a text can be meant as a source: a path, or a whole enrtree:// URL. URLs of nodes are bootnodes. */
export function isSource(text: string): boolean {
  if (treeScheme.test(text)) return treeUrl.test(text);
  return text.length > 0 && text.length <= 4_096 && !/^(enode:\/\/|enr:|https?:\/\/)/i.test(text);
}

export function readSource(text: string): SourceSetting {
  return treeScheme.test(text) ? { at: 'dns', url: text } : { at: 'file', path: text };
}
