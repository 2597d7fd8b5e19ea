-- Every order of the users list that does not follow each document has its index, written as src/main/users/order.ts has it.
DROP INDEX users_by_role;
CREATE INDEX users_by_role ON users (role, no);
CREATE INDEX users_by_status ON users (status, no);
CREATE INDEX users_by_connections ON users (connection_count, no);
CREATE INDEX users_by_sign_in ON users (coalesce(last_sign_in_at, -1), no);
CREATE INDEX quotas_by_limit ON quotas (coalesce(limit_bytes, 9223372036854775807.0), user_no);
-- All users, so that the order by model reads the index instead of the rows.
DROP INDEX users_by_model;
CREATE INDEX users_by_model ON users (ai_model_no, no);
