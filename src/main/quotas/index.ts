export { type QuotaAnswer, type QuotaRow, type Thresholds, toQuota } from './quota.ts';
export { openQuotas, type Quotas } from './quotas.ts';
