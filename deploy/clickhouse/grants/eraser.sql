-- Whoever runs `triggerpoint privacy export` and `erase`: reads every table, since a person may be named in any, takes
-- rows out and names out of rows. It adds nothing, and makes and drops nothing. Give it to people, not to workers.
CREATE ROLE IF NOT EXISTS triggerpoint_eraser;
GRANT SELECT, ALTER DELETE, ALTER UPDATE ON triggerpoint.* TO triggerpoint_eraser;
CREATE USER IF NOT EXISTS triggerpoint_eraser IDENTIFIED WITH sha256_password BY 'put a password here'
    DEFAULT ROLE triggerpoint_eraser;
GRANT triggerpoint_eraser TO triggerpoint_eraser;
