/**
 * Checks what the docstrings of an entry's exports cite. Leaves out how they are written: see eslint.config.js.
 */
import ts from 'typescript';

/** These values follow no standard, and of the types only these do. */
const OWN_VALUES = /^(?:SetError|isSetError|\w+Events)$/;
const STANDARD_TYPES = /^(?:JsonWebKey(?:Set)?|StandardSchemaV1|SubjectIdentifier|VerifyOptions)$/;

/** Names each fault as `name: what is missing`. */
export function findDocFaults(program: ts.Program, entry: string): string[] {
  const checker = program.getTypeChecker();
  const file = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  return checker.getExportsOfModule(file).flatMap((exported) => {
    const { name } = exported;
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const tags = new Set(symbol.getJsDocTags(checker).map((tag) => tag.name));
    const throws = (symbol.declarations ?? []).flatMap(bodiesOf).some((body) => canThrow(body, checker));
    const isStandard = symbol.flags & ts.SymbolFlags.Value ? !OWN_VALUES.test(name) : STANDARD_TYPES.test(name);
    return [
      ...(throws && !tags.has('throws') ? [`${name}: throws, and has no @throws`] : []),
      ...(isStandard && !tags.has('see') ? [`${name}: no @see`] : []),
    ];
  });
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

/** Reports whether a body throws, or calls what says `@throws`, uncaught. Functions inside it do not count. */
function canThrow(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isThrowStatement(node)) return true;
  if (ts.isTryStatement(node) && node.catchClause) {
    return [node.catchClause, node.finallyBlock].some((block) => block !== undefined && canThrow(block, checker));
  }
  if (ts.isCallExpression(node)) {
    const called = checker.getResolvedSignature(node)?.declaration;
    // The platform's types also name causes that cannot occur here, such as a circular value for JSON.stringify.
    const isOurs = called && !called.getSourceFile().isDeclarationFile;
    if (isOurs && ts.getJSDocTags(called).some(({ tagName }) => tagName.text === 'throws')) return true;
  }
  return ts.forEachChild(node, (child) => !ts.isFunctionLike(child) && canThrow(child, checker)) ?? false;
}
