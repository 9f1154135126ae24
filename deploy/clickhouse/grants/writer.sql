-- Workers with the stage `archive`: put rows into tables, and read the shares of next steps they learn from, which
-- name nobody. They cannot read what they have written.
CREATE ROLE IF NOT EXISTS triggerpoint_writer;
GRANT INSERT ON triggerpoint.* TO triggerpoint_writer;
GRANT SELECT ON triggerpoint.next_steps TO triggerpoint_writer;
CREATE USER IF NOT EXISTS triggerpoint_writer IDENTIFIED WITH sha256_password BY 'put a password here'
    DEFAULT ROLE triggerpoint_writer;
GRANT triggerpoint_writer TO triggerpoint_writer;
