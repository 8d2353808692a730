/** Small questions about nodes of the syntax tree. */
import type { Node } from 'oxc-parser';

export function isNamed(node: Node | null, name: string): boolean {
  return node?.type === 'Identifier' && node.name === name;
}

/**
 * The text of `object.property` where the node is that: the object any where it is null, the property one of the names,
 * any where they are null. A null among the names stands for a property that is worked out, `object[…]`.
 */
export function memberOf(node: Node, object: string | null, names: readonly (string | null)[] | null): string | null {
  if (node.type !== 'MemberExpression' || !(object === null || isNamed(node.object, object))) return null;
  const name = node.computed ? null : node.property.name;
  if (names !== null && !names.includes(name)) return null;
  return `${object ?? ''}${name === null ? '[…]' : `.${name}`}`;
}

/** Whether an identifier is a reference, rather than a key of an object, type or class, or a property. */
export function isReference(node: Node, parent: Node | undefined): boolean {
  switch (parent?.type) {
    case 'MemberExpression':
      return parent.computed || parent.property !== node;
    case 'Property':
      return parent.shorthand || parent.computed || parent.key !== node;
    case 'PropertyDefinition':
    case 'MethodDefinition':
    case 'TSPropertySignature':
    case 'TSMethodSignature':
      return parent.computed || parent.key !== node;
    default:
      return true;
  }
}
