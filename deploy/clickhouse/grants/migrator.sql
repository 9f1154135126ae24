-- Who runs `triggerpoint migrate`: makes and changes what is in the one database, and owns its views.
-- The views read the tables by this user's rights (SQL SECURITY DEFINER), so the user must stay.
CREATE ROLE IF NOT EXISTS triggerpoint_migrator;
GRANT SELECT, INSERT, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, ALTER TABLE, ALTER VIEW, SHOW
    ON triggerpoint.* TO triggerpoint_migrator;
CREATE USER IF NOT EXISTS triggerpoint_migrator IDENTIFIED WITH sha256_password BY 'put a password here'
    DEFAULT ROLE triggerpoint_migrator;
GRANT triggerpoint_migrator TO triggerpoint_migrator;
