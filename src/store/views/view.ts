/** One column of a view: its name, the SQL that makes it, and one sentence for people. */
export interface ViewColumn {
  readonly name: string;
  readonly sql: string;
  readonly about: string;
}

/** A view of the database, with everything that `tcpclose schema` says about it. */
export interface View {
  readonly name: string;
  /** The question that it answers, one sentence. */
  readonly about: string;
  readonly columns: readonly ViewColumn[];
  /** What stands after the list of columns: FROM and on. */
  readonly from: string;
  /** Common table expressions, without the word WITH. */
  readonly with?: string;
}

export function column(name: string, sql: string, about: string): ViewColumn {
  return { name, sql, about };
}

/** The columns of `view` taken as they are from another view under the alias `alias`. */
export function columnsFrom(view: View, alias: string, names: readonly string[]): ViewColumn[] {
  return names.map((name) => {
    const original = view.columns.find((c) => c.name === name);
    if (original === undefined) throw new Error(`the view ${view.name} has no column ${name}`);
    return { name, sql: `${alias}.${name}`, about: original.about };
  });
}

export function createView(view: View): string {
  const columns = view.columns.map((c) => `  ${c.sql} AS ${c.name}`).join(',\n');
  const common = view.with === undefined ? '' : `WITH ${view.with}\n`;
  return `CREATE VIEW ${view.name} AS\n${common}SELECT\n${columns}\n${view.from}`;
}
