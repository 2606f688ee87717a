/** The names that the entries of the package export, types included, and those that a consumer imports. */
import { join } from 'node:path';
import ts from 'typescript';
import type { Project } from '../support/tarball.js';
import { ENTRIES, fileOf } from './entries.js';

/** Returns each export as `entry name`. */
export function exportedNames({ home }: Project): string[] {
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
  };
  const declarations = ENTRIES.map((entry) => join(home, fileOf(entry, 'require', 'types')));
  const program = ts.createProgram(declarations, options);
  const checker = program.getTypeChecker();
  return ENTRIES.flatMap((entry, index) => {
    const file = program.getSourceFile(declarations[index] ?? '');
    const symbol = file && checker.getSymbolAtLocation(file);
    return symbol ? checker.getExportsOfModule(symbol).map(({ name }) => `${entry} ${name}`) : [];
  });
}

/** Returns each import in these sources as `entry name`, whether by name or as a member of a namespace. */
export function importedNames(sources: readonly string[]): string[] {
  return sources.flatMap((source) => {
    const namespaces = new Map<string, string>();
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
        const entry = node.moduleSpecifier.text;
        const bindings = node.importClause?.namedBindings;
        if (bindings && ts.isNamespaceImport(bindings)) namespaces.set(bindings.name.text, entry);
        else if (bindings)
          found.push(...bindings.elements.map(({ name, propertyName = name }) => `${entry} ${propertyName.text}`));
      }
      if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
        const entry = namespaces.get(node.expression.text);
        if (entry !== undefined) found.push(`${entry} ${node.name.text}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile('consumer.ts', source, ts.ScriptTarget.ESNext));
    return found;
  });
}
