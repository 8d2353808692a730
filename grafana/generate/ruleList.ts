/** The alert and recording rules as Prometheus reads them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../lib/packageRoot.ts';

const fileSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          keep_firing_for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['info', 'warning', 'critical']) }),
          annotations: z.strictObject({
            summary: z.string().min(10),
            description: z.string().min(40),
            runbook_url: z.string(),
          }),
        }),
      ),
    }),
  ),
});

type Rule = z.infer<typeof fileSchema>['groups'][number]['rules'][number];

export interface RuleFile {
  /** Without its folder: `raft.yml`. */
  readonly name: string;
  readonly rules: readonly Rule[];
}

export const ruleFolder = join(packageRoot, 'grafana/prometheus/rules');

/** Throws if a file has another shape, or a rule lacks something that an operator needs. */
export function readRuleFiles(): readonly RuleFile[] {
  return readdirSync(ruleFolder)
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => {
      const { groups } = fileSchema.parse(parse(readFileSync(join(ruleFolder, name), 'utf8')));
      return { name, rules: groups.flatMap(({ rules }) => rules) };
    });
}
