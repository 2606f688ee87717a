/**
 * Checks the docstrings of what an entry exports. Leaves out the members of types, which need judgement.
 */
import ts from 'typescript';

/** More than one word, from a capital letter to a full stop, within the first paragraph. */
const SENTENCE = /^\p{Lu}\S*\s(?:(?!\n\n)[^])*?\.(?:\s|$)/u;

/** Names each fault as `name: what is missing`. `standardised` names the exports that have to cite their standard. */
export function findDocFaults(program: ts.Program, entry: string, standardised: readonly string[]): string[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry);
  const entrySymbol = file && checker.getSymbolAtLocation(file);
  const exported = entrySymbol ? checker.getExportsOfModule(entrySymbol) : [];
  const missing = standardised.filter((name) => !exported.some((symbol) => symbol.name === name));
  const found = missing.map((name) => `${name}: is not exported`);
  for (const { name, symbol } of exported.map((each) => ({ name: each.name, symbol: resolveAlias(each, checker) }))) {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
    const tags = new Set(symbol.getJsDocTags(checker).map((tag) => tag.name));
    const bodies = (symbol.declarations ?? []).flatMap(bodiesOf);
    if (text === '') found.push(`${name}: no docstring`);
    else if (bodies.length > 0 && !SENTENCE.test(text)) found.push(`${name}: begins with no sentence`);
    const isFunction = symbol.declarations?.some((declaration) => !ts.isClassLike(declaration)) && bodies.length > 0;
    const throws = bodies.some((body) => canThrow(body, checker)) || (isFunction && /\bthrow/i.test(text));
    if (throws && !tags.has('throws')) found.push(`${name}: throws, and has no @throws`);
    if (standardised.includes(name) && !tags.has('see')) found.push(`${name}: no @see`);
  }
  return found;
}

function resolveAlias(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** What runs when a function is called or a class is constructed. */
function bodiesOf(declaration: ts.Declaration): ts.Node[] {
  if (ts.isClassLike(declaration)) return declaration.members.filter(ts.isConstructorDeclaration);
  if (ts.isVariableDeclaration(declaration)) {
    const value = declaration.initializer;
    return value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value)) ? [value.body] : [];
  }
  return ts.isFunctionDeclaration(declaration) && declaration.body ? [declaration.body] : [];
}

/**
 * Tells whether a body throws, or calls what says `@throws`, where nothing catches it. Functions inside are not looked
 * into.
 */
function canThrow(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isThrowStatement(node)) return true;
  if (ts.isTryStatement(node) && node.catchClause) {
    return [node.catchClause, node.finallyBlock].some((block) => block !== undefined && canThrow(block, checker));
  }
  if (ts.isCallExpression(node)) {
    const called = checker.getResolvedSignature(node)?.declaration;
    // The platform's own say so of what cannot happen here, such as a circular value for JSON.stringify.
    if (
      called &&
      !called.getSourceFile().isDeclarationFile &&
      ts.getJSDocTags(called).some((tag) => tag.tagName.text === 'throws')
    )
      return true;
  }
  return ts.forEachChild(node, (child) => !ts.isFunctionLike(child) && canThrow(child, checker)) ?? false;
}
