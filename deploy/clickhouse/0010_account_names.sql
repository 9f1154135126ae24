-- Other names of an account, and whether its addresses are other people's too. Views made by `*` are made anew.

-- migrate:up

ALTER TABLE accounts_log
    ADD COLUMN IF NOT EXISTS aliases Array(String) COMMENT 'Other names it goes by, as in registers' AFTER name,
    ADD COLUMN IF NOT EXISTS never_by_ip Bool COMMENT 'No address ever names it: an ISP, a cloud' AFTER suppressed;

CREATE OR REPLACE VIEW accounts AS
SELECT * EXCEPT (version) FROM accounts_log FINAL
ORDER BY kafka_timestamp DESC, kafka_partition DESC, kafka_offset DESC
LIMIT 1 BY account_id
COMMENT 'The account directory as it is now';

-- migrate:down

CREATE OR REPLACE VIEW accounts AS
SELECT * EXCEPT (version, aliases, never_by_ip) FROM accounts_log FINAL
ORDER BY kafka_timestamp DESC, kafka_partition DESC, kafka_offset DESC
LIMIT 1 BY account_id
COMMENT 'The account directory as it is now';
ALTER TABLE accounts_log DROP COLUMN IF EXISTS aliases, DROP COLUMN IF EXISTS never_by_ip;
