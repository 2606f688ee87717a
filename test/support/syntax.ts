/**
 * Questions about syntax trees that the structure rules ask: which names a node uses, and whether it does work when it
 * is evaluated. Leaves out what is allowed where: see structure.ts.
 */
import ts from 'typescript';

export function visitAll(node: ts.Node, visitor: (node: ts.Node) => void): void {
  visitor(node);
  ts.forEachChild(node, (child) => visitAll(child, visitor));
}

/** The local names of all imports of a file. */
export function importedNames(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  visitAll(file, (node) => {
    const isImport = ts.isImportClause(node) || ts.isImportSpecifier(node) || ts.isNamespaceImport(node);
    if (isImport && node.name) names.add(node.name.text);
  });
  return names;
}

/**
 * Every way to name a module: import, export, `import type`, `import()`, types by `import('')`, require, references.
 */
export function importsOf(file: ts.SourceFile): { readonly name: string | undefined; readonly position: number }[] {
  const found: { name: string | undefined; position: number }[] = [];
  const references = [...file.typeReferenceDirectives, ...file.referencedFiles];
  for (const { fileName, pos } of references) found.push({ name: fileName, position: pos });
  visitAll(file, (node) => {
    let specifier: ts.Node | undefined;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier;
    else if (ts.isExternalModuleReference(node)) specifier = node.expression;
    else if (ts.isImportTypeNode(node))
      specifier = ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument;
    else if (ts.isCallExpression(node) && /^(?:import|require)$/.test(node.expression.getText()))
      specifier = node.arguments[0];
    const name = specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
    if (specifier) found.push({ name, position: node.getStart() });
  });
  return found;
}

/** The comments of a file. They stand in the trivia before tokens, so a string that looks like one is none. */
export function commentsOf(file: ts.SourceFile): { readonly text: string; readonly position: number }[] {
  const found: { text: string; position: number }[] = [];
  function visit(node: ts.Node): void {
    const children = node.getChildren().filter((child) => !ts.isJSDoc(child));
    for (const child of children) visit(child);
    const text = children.length > 0 ? '' : file.text.slice(node.pos, node.getStart());
    for (const match of text.matchAll(/\/\/.*|\/\*[^]*?\*\//g))
      found.push({ text: match[0], position: node.pos + match.index });
  }
  visit(file);
  return found;
}

const GLOBAL_OBJECTS = ['globalThis', 'window', 'self', 'global'];

/** What a node uses: `a` for a variable or a global, `a.b` and `.b` for a member, `a()` for a call, `new a`. */
export function usesOf(node: ts.Node): string[] {
  if (ts.isIdentifier(node)) return isReference(node) ? [node.text] : [];
  if (ts.isNewExpression(node)) return namesOf(node.expression).map((name) => `new ${name}`);
  if (ts.isCallExpression(node)) {
    // subtle.verify alone takes four arguments, whatever the object is called.
    const takesFour = node.arguments.length === 4;
    const names = [...new Set(namesOf(node.expression))];
    return names.map((name) => (name === 'verify' && takesFour ? 'subtle.verify' : `${name}()`));
  }
  let name: string | undefined;
  let object: ts.Node | undefined;
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    name = memberName(node);
    object = node.expression;
  } else if (ts.isBindingElement(node) && ts.isVariableDeclaration(node.parent.parent)) {
    name = (node.propertyName ?? node.name).getText();
    object = node.parent.parent.initializer;
  }
  if (name === undefined || object === undefined) return [];
  return [`.${name}`, ...namesOf(object).map((owner) => (GLOBAL_OBJECTS.includes(owner) ? '' : `${owner}.`) + name)];
}

/** Tells a use of a variable from the name of a member, a declaration or an import. */
function isReference(node: ts.Identifier): boolean {
  if (ts.isShorthandPropertyAssignment(node.parent)) return true;
  if (ts.isQualifiedName(node.parent)) return node.parent.left === node;
  const { name, propertyName } = node.parent as { name?: ts.Node; propertyName?: ts.Node };
  return name !== node && propertyName !== node;
}

function memberName(node: ts.PropertyAccessExpression | ts.ElementAccessExpression): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isStringLiteralLike(node.argumentExpression) ? node.argumentExpression.text : undefined;
}

/**
 * The last names of what an expression can stand for: of `(options.fetch ?? globalThis.fetch).bind` both are `fetch`.
 */
function namesOf(node: ts.Node): string[] {
  if (ts.isIdentifier(node)) return [node.text];
  if (isWrapper(node) || ts.isAwaitExpression(node)) return namesOf(node.expression);
  if (ts.isConditionalExpression(node)) return [...namesOf(node.whenTrue), ...namesOf(node.whenFalse)];
  if (ts.isBinaryExpression(node)) return [...namesOf(node.left), ...namesOf(node.right)];
  if (!ts.isPropertyAccessExpression(node) && !ts.isElementAccessExpression(node)) return [];
  const name = memberName(node);
  if (name === 'call' || name === 'apply' || name === 'bind') return namesOf(node.expression);
  return name === undefined ? [] : [name];
}

type Wrapper = ts.ParenthesizedExpression | ts.AssertionExpression | ts.SatisfiesExpression | ts.NonNullExpression;

/** What stands around an expression and changes nothing about its value. */
function isWrapper(node: ts.Node): node is Wrapper {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) return true;
  return ts.isAssertionExpression(node) || ts.isSatisfiesExpression(node);
}

/**
 * Tells whether this is an empty block without a word of reason: of `catch {}`, or of a function given to `.catch()`.
 */
export function isSilentCatch(node: ts.Node): boolean {
  if (!ts.isBlock(node) || !node.statements.every(ts.isEmptyStatement) || /\w/.test(node.getText())) return false;
  const { parent } = node;
  if (!ts.isArrowFunction(parent) && !ts.isFunctionExpression(parent)) return ts.isCatchClause(parent);
  return ts.isCallExpression(parent.parent) && namesOf(parent.parent.expression).includes('catch');
}

/**
 * `describeEvent` and `objectOf` only put their arguments in order: a bundler can drop a call, and an engine needs no
 * global for it.
 */
const MAY_BE_MARKED_PURE = ['Object.freeze', 'Symbol', 'describeEvent', 'objectOf'];

/** The parts of the top level of a file that do work when it is imported. */
export function workOf(file: ts.SourceFile): ts.Node[] {
  const known = new Set(['undefined', 'NaN', 'Infinity', ...importedNames(file)]);
  for (const statement of file.statements) {
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
  // An enum is refused by a rule of its own.
  return ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isEnumDeclaration(node);
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

/**
 * Tells whether a bundler can drop an expression, and an engine that lacks a global survives it. `known` names are
 * bound.
 */
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
