/**
 * Finds what a file does when it is imported. Leaves out which files may: see structure.ts.
 */
import ts from 'typescript';

type Wrapper = ts.ParenthesizedExpression | ts.AssertionExpression | ts.SatisfiesExpression | ts.NonNullExpression;

/** Reports whether a node only surrounds an expression, and does not change its value. */
function isWrapper(node: ts.Node): node is Wrapper {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) return true;
  return ts.isAssertionExpression(node) || ts.isSatisfiesExpression(node);
}

/** These only arrange their arguments: a bundler can drop a marked call, and an engine needs no global for it. */
const MAY_BE_MARKED_PURE = [
  'Object.freeze',
  'Symbol',
  'describeEvent',
  'describeEmailEvent',
  'joinEvents',
  'createSchema',
];

/** The parts of the top level of a file that do work when it is imported. */
export function workOf(file: ts.SourceFile): ts.Node[] {
  const known = new Set(['undefined', 'NaN', 'Infinity']);
  const learn = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) known.add(node.text);
    else ts.forEachChild(node, learn);
  };
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) learn(statement);
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) known.add(statement.name?.text ?? '');
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name } of statement.declarationList.declarations) known.add(name.getText());
  }
  const isWork = (node: ts.Node | undefined): boolean => node !== undefined && !isInert(node, known);
  return file.statements.flatMap((statement): ts.Node[] => {
    if (ts.isVariableStatement(statement)) {
      const { declarations, flags } = statement.declarationList;
      const kind = flags & ts.NodeFlags.BlockScoped;
      if (kind !== ts.NodeFlags.Const && kind !== ts.NodeFlags.Let) return [statement];
      return declarations.filter(({ name, initializer }) => !ts.isIdentifier(name) || isWork(initializer));
    }
    if (ts.isClassDeclaration(statement)) return workOfClass(statement, isWork);
    if (ts.isExportAssignment(statement)) return isWork(statement.expression) ? [statement] : [];
    return isQuietDeclaration(statement) ? [] : [statement];
  });
}

function isQuietDeclaration(node: ts.Statement): boolean {
  if (ts.isFunctionDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  return ts.isImportDeclaration(node) || ts.isExportDeclaration(node);
}

function workOfClass(node: ts.ClassDeclaration, isWork: (node: ts.Node | undefined) => boolean): ts.Node[] {
  const parents = (node.heritageClauses ?? []).flatMap(({ types }) => types.map(({ expression }) => expression));
  const members = node.members.filter((member) => {
    if (ts.isClassStaticBlockDeclaration(member)) return true;
    if (!ts.isPropertyDeclaration(member)) return false;
    return member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) && isWork(member.initializer);
  });
  return [...parents.filter((parent) => !ts.isIdentifier(parent)), ...members];
}

/** Reports whether a bundler can drop an expression and whether it needs no global: only `known` names are bound. */
function isInert(node: ts.Node, known: ReadonlySet<string>): boolean {
  const areInert = (nodes: readonly ts.Node[] = []): boolean => nodes.every((each) => isInert(each, known));
  if (ts.isIdentifier(node)) return known.has(node.text);
  if (ts.isLiteralExpression(node) || /^(?:true|false|null)$/.test(node.getText())) return true;
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isClassExpression(node)) return true;
  if (isWrapper(node)) return isInert(node.expression, known);
  if (ts.isArrayLiteralExpression(node)) return areInert(node.elements);
  if (ts.isTemplateExpression(node)) return areInert(node.templateSpans.map(({ expression }) => expression));
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.every((property) => {
      if (ts.isSpreadAssignment(property)) return false;
      if (ts.isComputedPropertyName(property.name) && !isInert(property.name.expression, known)) return false;
      if (ts.isShorthandPropertyAssignment(property)) return isInert(property.name, known);
      return !ts.isPropertyAssignment(property) || isInert(property.initializer, known);
    });
  }
  // Arithmetic of literals only: what a name stands for could have a valueOf.
  if (ts.isPrefixUnaryExpression(node)) return isInert(node.operand, new Set());
  if (ts.isBinaryExpression(node)) return isInert(node.left, new Set()) && isInert(node.right, new Set());
  const isMarked = /[@#]__PURE__/.test(node.getFullText().slice(0, node.getLeadingTriviaWidth()));
  if (ts.isCallExpression(node) && !MAY_BE_MARKED_PURE.includes(node.expression.getText())) return false;
  return isMarked && (ts.isCallExpression(node) || ts.isNewExpression(node)) && areInert(node.arguments);
}
