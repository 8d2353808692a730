import type { Sql } from '../../sql/client.ts';

// Apart from the query for nodes, so that its plan is made with these numbers and their frequencies known.

/** Numbers of the client strings that mean this client. */
export async function selectClientNos(sql: Sql, name: string): Promise<number[]> {
  const rows = await sql<{ no: number }[]>`select client_no as no from clients where name = ${name}`;
  return rows.map((row) => row.no);
}

/** Numbers of the client strings that hold these words, or mean the client of that name; many, if they are in many. */
export async function searchClientNos(sql: Sql, words: string): Promise<number[]> {
  const pattern = `%${words.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const rows = await sql<{ no: number }[]>`
    select client_no as no from clients where raw ilike ${pattern} or name = ${words.toLowerCase()}`;
  return rows.map((row) => row.no);
}

/** Numbers of the fork IDs with this hash (4 bytes). */
export async function selectForkNos(sql: Sql, hash: Uint8Array): Promise<number[]> {
  const rows = await sql<{ no: number }[]>`select fork_no as no from fork_ids where hash = ${hash}`;
  return rows.map((row) => row.no);
}
