#!/bin/sh
# auth: users in an SQL database, and answers that are kept until the databases change.
. "$(dirname "$0")/../lib.sh"
need python3
has_module sqlite
plan 12
cat >"$T/users.py" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, password TEXT, home TEXT)")
db.executemany("INSERT OR REPLACE INTO users VALUES (?, ?, ?)", [tuple(row.split("|")) for row in sys.argv[2:]])
db.commit()
END
instance_prepare <<END
shlib_directory = $BUZON_STAGE/libexec/buzon
auth_passdb = passwd-file:$CONF/users, map:sqlite:$CONF/users.cf
auth_mechanisms = plain scram-sha-256
auth_mailbox_uid = $VMAIL_UID
auth_mailbox_gid = $VMAIL_GID
auth_cache_size = 1000000
END
SQL="$T/users.sqlite"
python3 "$T/users.py" "$SQL" "bea@example.org|{PLAIN}$PASSWORD|$MAILDIRS/bea" "dan@example.org|{PLAIN}$PASSWORD|$MAILDIRS/dan"
chmod 644 "$SQL"
printf "dbpath = %s\nquery = SELECT password || '::::' || home FROM users WHERE name = '%%s'\n" "$SQL" >"$CONF/users.cf"
echo "carl@example.org:{PLAIN}$PASSWORD:$VMAIL_UID:$VMAIL_GID::$MAILDIRS/carl" >>"$CONF/users"
instance_run
login() { python3 "$T_SOURCE/tool/sasl_client.py" "$IMAP_PORT" "$@"; }
enters() { like "$1" "$(login "$2" "$3" "$4")" '^OK'; }
refused() { like "$1" "$(login "$3" "$4" "$5")" "$2"; }

enters 'a user of an SQL database' PLAIN bea@example.org "$PASSWORD"
check 'has the home that the query gives' test -d "$MAILDIRS/bea/Maildir/cur"
enters 'SCRAM takes the password from there' SCRAM-SHA-256 bea@example.org "$PASSWORD"
refused 'a wrong password' AUTHENTICATIONFAILED PLAIN bea@example.org wrong
refused 'quotes in a name are quoted' AUTHENTICATIONFAILED PLAIN "x' OR '1'='1@example.org" "$PASSWORD"

# --- kept answers: the database is gone, and who was there before still gets in -------------------------
sql() { python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])' "$SQL" "$1"; }
sql 'ALTER TABLE users RENAME TO away'
enters 'what was answered is kept' PLAIN bea@example.org "$PASSWORD"
refused 'what was not, cannot be answered' UNAVAILABLE PLAIN dan@example.org "$PASSWORD"
refused 'nor another password than the one that was right' UNAVAILABLE PLAIN bea@example.org other
sql 'ALTER TABLE away RENAME TO users'
is_back() { login PLAIN dan@example.org "$PASSWORD" | grep -q '^OK'; }
check 'when the database is back, all is well' wait_until 'the database' is_back

# --- a passwd-file that changes ---------------------------------------------------------------------------
enters 'a user of a passwd-file' PLAIN carl@example.org "$PASSWORD"
sed -i "s/^carl@example.org:{PLAIN}[^:]*/carl@example.org:{PLAIN}changed/" "$CONF/users"
is_refused() { login PLAIN carl@example.org "$PASSWORD" | grep -q AUTHENTICATIONFAILED; }
check 'his old password is good no longer, once the file has changed' wait_until 'the change' is_refused
no_crash 'no process crashed'
