-- name: settings
-- Once for each new connection. The tills come first: a read gives up early, and is the one to go in a deadlock.
SET LOCK_TIMEOUT {lock_ms};
SET DEADLOCK_PRIORITY LOW;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

-- name: look
-- The first statement of every read, before any row: the server's clock, the lowest version that an open transaction
-- holds, the highest version given out. It touches no table, so nothing can block it.
SELECT
    CONVERT(char(23), GETDATE(), 121) AS server_time,
    CAST(MIN_ACTIVE_ROWVERSION() AS bigint) AS open_from,
    CAST(@@DBTS AS bigint) AS highest;

-- name: identity
-- Once for each new connection, which is enough: a restore ends all connections. The recovery fork is NULL where the
-- login may not see it.
SELECT
    DB_NAME() AS name,
    CONVERT(char(23), d.create_date, 121) AS created,
    CAST(r.recovery_fork_guid AS char(36)) AS fork
FROM sys.databases AS d
LEFT JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id
WHERE d.database_id = DB_ID();

-- name: server
SELECT
    CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(60)) AS version,
    CAST(SERVERPROPERTY('Edition') AS nvarchar(100)) AS edition,
    DATEPART(tz, SYSDATETIMEOFFSET()) AS utc_offset_minutes;

-- name: permissions
-- Asked of the server, never tried out: a trial write could fire the store's triggers.
SELECT
    HAS_PERMS_BY_NAME(:item, 'OBJECT', 'SELECT') AS reads_item,
    HAS_PERMS_BY_NAME(:view, 'OBJECT', 'SELECT') AS reads_view,
    HAS_PERMS_BY_NAME(:item, 'OBJECT', 'INSERT') AS inserts,
    HAS_PERMS_BY_NAME(:item, 'OBJECT', 'UPDATE') AS updates,
    HAS_PERMS_BY_NAME(:item, 'OBJECT', 'DELETE') AS deletes,
    HAS_PERMS_BY_NAME(:item, 'OBJECT', 'ALTER') AS alters,
    IS_MEMBER('db_datawriter') AS writes_all,
    IS_MEMBER('db_owner') AS owns,
    IS_SRVROLEMEMBER('sysadmin') AS administers,
    SUSER_SNAME() AS login_name;
