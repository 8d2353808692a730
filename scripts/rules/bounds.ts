/** A Map or Set that lives as long as its object or module says what keeps it from growing. */
import type { Node } from 'oxc-parser';
import { isNamed } from './nodes.ts';
import { isTest, type NodeRule, type SourceFile } from './sourceFile.ts';

/** Most lines between that comment and the declaration. */
const reach = 5;

export const boundsRule: NodeRule = {
  rule: 'bounds',
  appliesTo: (path) => /^(p2p|chains|crawler|consortium|notify|api)\//.test(path) && !isTest(path),
  find: (node, [parent, above], file) => {
    const grows =
      node.type === 'PropertyDefinition'
        ? isCollection(node.value)
        : node.type === 'VariableDeclarator' && isOfModule(parent, above) && isEmptyCollection(node.init);
    return grows && !saysBound(file, file.lineAt(node.start)) ? 'say what bounds it: `// BOUNDED: by …`' : null;
  },
};

function isCollection(node: Node | null): boolean {
  return node?.type === 'NewExpression' && (isNamed(node.callee, 'Map') || isNamed(node.callee, 'Set'));
}

/** One created with its content is a constant table. */
function isEmptyCollection(node: Node | null): boolean {
  return node?.type === 'NewExpression' && node.arguments.length === 0 && isCollection(node);
}

function isOfModule(parent: Node | undefined, above: Node | undefined): boolean {
  return (
    parent?.type === 'VariableDeclaration' && (above?.type === 'Program' || above?.type === 'ExportNamedDeclaration')
  );
}

function saysBound(file: SourceFile, line: number): boolean {
  return file.comments.some(({ value, start, end }) => {
    return value.includes('BOUNDED:') && file.lineAt(start) <= line && file.lineAt(end) >= line - reach;
  });
}
